"""The image against real PostgreSQL, Redis and Weaviate, process by process, as compose and Kubernetes start it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from portal.operations.services.ports import free_port
from tests.docker.container import ACCOUNT, Container, running, volume, wait_for
from tests.docker.manifests import QUEUES

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.slow,
    pytest.mark.service,
    pytest.mark.xdist_group("image"),
]

OLGA = "olga@acme.example"


@pytest.fixture
def settings(own_postgres, own_redis, real_weaviate) -> dict[str, str]:
    return {
        "DATABASE_URL": own_postgres.url_for("portal", "portal_app", "app-password"),
        "REDIS_URL": own_redis.url,
        "VECTOR_STORE": "weaviate",
        "WEAVIATE_URL": real_weaviate.url,
        "WEAVIATE_GRPC_PORT": str(real_weaviate.grpc_port),
        "WEAVIATE_API_KEY": real_weaviate.key,
        "SECRET_KEY": "s" * 50,
        "PORTAL_ENCRYPTION_KEY": "ZW5jcnlwdGlvbi1rZXktb2YtdGhpcy10ZXN0LW9ubHk",
        "PORTAL_SIGNING_KEY": "c2lnbmluZy1rZXktb2YtdGhpcy10ZXN0LW9ubHktMTI",
        "PORTAL_URL": "http://localhost",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def owner(postgres) -> dict[str, str]:
    return {"DATABASE_OWNER_URL": postgres.url_for("portal", "portal_owner", "owner-password")}


def admin(postgres) -> dict[str, str]:
    return {
        "DATABASE_ADMIN_URL": postgres.url,
        "DATABASE_BACKUP_URL": postgres.url_for("portal", "portal_backup", "backup-password"),
    }


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=8) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_from_an_empty_server_to_a_ready_document(image, settings, own_postgres, tmp_path):
    shared = volume(tmp_path / "files", image.folder / "data" / "files")
    port = free_port()

    def process(*command: str, **environment: str) -> Container:
        name = "-".join(command[:2])
        folders = {"/data/files": shared, "/scratch": volume(tmp_path / name, image.folder / "scratch")}
        if command == ("beat",):
            folders["/data/queue"] = volume(tmp_path / "queue", image.folder / "data" / "queue")
        if command == ("worker", "maintenance"):
            folders["/data/backups"] = volume(tmp_path / "backups", image.folder / "data" / "backups")
        return image.run(*command, environment=settings | environment, volumes=folders, output=tmp_path / f"{name}.log")

    def job(*command: str, **environment: str) -> str:
        one = process(*command, **environment)
        one.output = None
        status, said = one.finish(within=180)
        assert status == 0, said
        return said

    job("setup-database", **owner(own_postgres), **admin(own_postgres))
    job("migrate", **owner(own_postgres))
    job("create_tenant", "acme", "--name", "Acme Ltd")
    job("add_member", "--tenant", "acme", "--email", OLGA, "--role", "owner")

    web = process("web", PORT=str(port))
    workers = {queue: process("worker", queue) for queue in QUEUES} | {"beat": process("beat")}
    with running(web, *workers.values()):
        wait_for(web, lambda: get(port, "/healthz") == (200, "ok\n"))
        wait_for(web, lambda: get(port, "/readyz")[0] == 200)
        assert json.loads(get(port, "/readyz")[1])["ready"] is True
        assert web.do("python", "/app/docker/alive.py", "web") == (0, "")
        for name, worker in workers.items():
            wait_for(
                worker, lambda name=name, worker=worker: worker.do("python", "/app/docker/alive.py", name)[0] == 0, 90
            )
            assert worker.first().uids().real == ACCOUNT
        document = tmp_path / "worker-interactive" / "refunds.md"
        document.write_text("# Refunds\n\nA refund is paid within fourteen days of the return.\n")
        document.chmod(0o644)
        command = ["ingest", "/scratch/refunds.md", "--tenant", "acme", "--collection", "Policies"]
        status, said = workers["interactive"].do("/app/docker/entry", *command)
        assert status == 0, said
        question = ["search", "When is a refund paid?", "--tenant", "acme", "--user", OLGA, "--json"]
        found = []
        try:
            wait_for(
                web,
                lambda: found.append(web.do("/app/docker/entry", *question)[1]) or "fourteen days" in found[-1],
                150,
            )
        except AssertionError as error:
            raise AssertionError(found[-1]) from error
        status, said = workers["maintenance"].do("/app/docker/entry", "backup", "/data/backups/first")
        assert status == 0, said
        assert (tmp_path / "backups" / "first").is_dir()
        statuses = {name: each.stop(within=60) for name, each in workers.items()} | {"web": web.stop()}
    assert statuses == dict.fromkeys([*QUEUES, "beat", "web"], 0)
    complaints = {path.name: text for path in tmp_path.glob("*.log") if "Traceback" in (text := path.read_text())}
    assert complaints == {}


def test_production_without_its_settings_says_which_are_missing(image):
    status, said = image.run("web").finish()
    assert status != 0
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
        assert name in said


def test_a_secret_may_come_from_a_file_as_compose_hands_it_over(image, tmp_path):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    values = {"SECRET_KEY": "s" * 50, "DATABASE_URL": "postgresql://portal_app:pw@127.0.0.1:1/portal"}
    for name, value in values.items():
        (secrets / name).write_text(value)
    for path in (tmp_path, secrets):
        path.chmod(0o755)
    given = {f"{name}_FILE": f"/run/secrets/{name}" for name in values}
    status, said = image.run("web", environment=given, volumes={"/run/secrets": secrets}).finish()
    assert status != 0
    assert "REDIS_URL" in said
    assert not any(f"{name} (" in said for name in values)


def test_logs_of_a_failed_start_show_no_password(image):
    bad = {"DATABASE_URL": "postgresql://portal_app:hidden-password@127.0.0.1:1/portal"}
    assert "hidden-password" not in image.run("migrate", environment=bad).finish()[1]
