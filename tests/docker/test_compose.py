"""docker/compose.yaml, read by compose's own loader, which checks the schema and fills in variables."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from portal.operations.services.install import WEAVIATE
from tests.docker import tools
from tests.docker.image import REPOSITORY
from tests.docker.manifests import QUEUES

pytestmark = pytest.mark.timeout(300)  # the first run may build the loader
DATA = {"postgres", "redis", "weaviate", "pgbouncer"}
JOBS = {"setup-database", "migrate"}
WORKERS = {f"worker-{queue}" for queue in QUEUES}
OURS = JOBS | WORKERS | {"web", "beat"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A copy of docker/ after the two steps that the README asks for."""
    folder = tmp_path_factory.mktemp("compose") / "docker"
    shutil.copytree(REPOSITORY / "docker", folder, ignore=shutil.ignore_patterns("env", "secrets"))
    shutil.copy(folder / "env.example", folder / "env")
    subprocess.run([folder / "make-secrets.sh"], check=True, capture_output=True)
    return folder


def load(folder: Path, *options: str):
    return tools.run(tools.COMPOSE, "-format", "json", *options, "compose.yaml", folder=folder)


@pytest.fixture(scope="module")
def model(installed) -> dict:
    done = load(installed)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def services(model) -> dict[str, dict]:
    return model["services"]


def test_it_has_every_process_and_every_service(services):
    assert services.keys() == OURS | DATA


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("read_only: true", "read_onyl: true"), ("cap_drop: [ALL]", "cap_drop: ALL"), ("[CMD, ", "[CMD, {}, ")],
)
def test_a_mistake_would_be_found(installed, tmp_path, right, wrong):
    shutil.copytree(installed, tmp_path / "docker")
    file = tmp_path / "docker" / "compose.yaml"
    assert right in file.read_text()
    file.write_text(file.read_text().replace(right, wrong, 1))
    assert load(tmp_path / "docker").returncode != 0


def test_what_a_service_refers_to_is_there(model, services):
    for name, each in services.items():
        assert each["networks"].keys() <= model["networks"].keys(), name
        assert {secret["source"] for secret in each.get("secrets", [])} <= model["secrets"].keys(), name
        assert each.get("depends_on", {}).keys() <= services.keys(), name
        named = {volume["source"] for volume in each.get("volumes", []) if "source" in volume}
        assert named <= model["volumes"].keys(), name


def test_every_secret_that_is_named_is_made(installed, model):
    assert {path.name for path in (installed / "secrets").iterdir()} >= model["secrets"].keys()


def test_only_web_is_published_and_only_on_this_machine(services):
    published = {name: each["ports"] for name, each in services.items() if each.get("ports")}
    assert list(published) == ["web"]
    assert [(port["host_ip"], port["target"]) for port in published["web"]] == [("127.0.0.1", 8000)]


def test_what_holds_data_or_reads_documents_has_no_way_out(model, services):
    assert model["networks"]["inside"]["internal"] is True
    reads_documents = {"worker-interactive", "worker-bulk"}
    for name in DATA | JOBS | reads_documents | {"beat"}:
        assert list(services[name]["networks"]) == ["inside"]
    assert not any("network_mode" in each for each in services.values())


def test_every_container_is_held_tight(services):
    for name, each in services.items():
        assert each["read_only"] is True, name
        assert each["cap_drop"] == ["ALL"], name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert not {"cap_add", "privileged", "pid", "ipc", "devices"} & each.keys(), name
        limits = each["deploy"]["resources"]["limits"]
        assert {"cpus", "memory", "pids"} <= limits.keys(), name
        assert all(volume["type"] == "volume" for volume in each.get("volumes", [])), name


def test_the_portals_processes_write_where_the_image_says_and_nowhere_else(services):
    for name in OURS:
        assert services[name]["user"] == "10001:10001"
        targets = {volume["target"] for volume in services[name]["volumes"]}
        targets |= {each.partition(":")[0] for each in services[name]["tmpfs"]}
        assert targets <= {"/data/files", "/data/backups", "/data/queue", "/scratch", "/tmp"}, name


def test_everything_that_stays_is_asked_for_its_health_and_started_again(services):
    for name, each in services.items():
        if name in JOBS:
            assert each["healthcheck"] == {"disable": True}
            assert each["restart"].startswith("on-failure")
        else:
            assert each["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name
            assert each["restart"] == "unless-stopped"
    for name in WORKERS | {"beat"}:
        process = services[name]["command"][-1]
        assert services[name]["healthcheck"]["test"][1:] == ["python", "/app/docker/alive.py", process]


def test_every_queue_has_a_worker(services):
    assert {tuple(services[name]["command"]) for name in WORKERS} == {("worker", queue) for queue in QUEUES}


def test_nothing_serves_before_the_database_fits(services):
    def waits(name: str) -> dict[str, str]:
        return {key: each["condition"] for key, each in services[name]["depends_on"].items()}

    assert waits("setup-database") == {"postgres": "service_healthy"}
    assert waits("migrate")["setup-database"] == "service_completed_successfully"
    for name in WORKERS | {"web", "beat"}:
        assert waits(name) == {
            "migrate": "service_completed_successfully", "redis": "service_healthy", "weaviate": "service_healthy",
        }  # fmt: skip


def test_each_process_is_handed_only_the_secrets_it_needs(services):
    def held(name: str) -> set[str]:
        return {each["source"] for each in services[name].get("secrets", [])}

    for name in services.keys() - {"setup-database"}:
        assert "admin_url" not in held(name)
    for name in services.keys() - JOBS:
        assert "owner_url" not in held(name)
    assert held("postgres") == {"postgres_password"}
    assert held("redis") == {"redis_password"}
    assert held("weaviate") == {"weaviate_api_key"}
    assert held("pgbouncer") == {"pgbouncer_users"}


def test_no_secret_is_a_value(installed, model, services):
    values = [path.read_text() for path in (installed / "secrets").iterdir()]
    assert len(values) >= 13
    text = json.dumps(model)
    assert not [value for value in values if value in text]
    secret = re.compile(r"(PASSWORD|_KEY|_KEYS|DATABASE.*URL|REDIS_URL|TOKEN|DSN)$")
    for name, each in services.items():
        named = [key for key, value in (each.get("environment") or {}).items() if secret.search(key) and value]
        assert named == [], name


def test_every_secret_that_a_process_reads_is_handed_to_it(services):
    for name, each in services.items():
        held = {f"/run/secrets/{secret['source']}" for secret in each.get("secrets", [])}
        wanted = {value for key, value in (each.get("environment") or {}).items() if key.endswith("_FILE")}
        assert wanted <= held, name


def test_every_setting_is_one_that_the_portal_explains(services):
    explained = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (REPOSITORY / ".env.example").read_text(), re.M))
    used = {key.removesuffix("_FILE") for name in OURS for key in services[name]["environment"]}
    assert used - {"DJANGO_SETTINGS_MODULE"} <= explained
    in_base = (REPOSITORY / "docker" / "kubernetes" / "base" / "portal.env").read_text()
    assert set(re.findall(r"^([A-Z0-9_]+)=", in_base, re.M)) - {"DJANGO_SETTINGS_MODULE"} <= explained


def test_versions_are_those_that_the_portal_is_tested_with(services):
    assert int(re.fullmatch(r"postgres:(\d+)(-alpine)?", services["postgres"]["image"])[1]) >= 15
    assert services["redis"]["image"].startswith("redis:7")
    assert services["weaviate"]["image"].endswith(f"/weaviate:{WEAVIATE}")


def test_weaviate_asks_for_a_key(services):
    environment = services["weaviate"]["environment"]
    assert environment["AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED"] == "false"
    assert environment["AUTHENTICATION_APIKEY_ENABLED"] == "true"
    assert "/run/secrets/weaviate_api_key" in services["weaviate"]["entrypoint"][-1]


def test_the_pooler_stands_aside_until_it_is_asked_for(installed, services):
    assert {name for name, each in services.items() if each.get("profiles")} == {"pgbouncer"}
    assert services["pgbouncer"]["profiles"] == ["pooler"]
    assert services["web"]["environment"]["DATABASE_URL_FILE"] == "/run/secrets/app_url"
    written = json.loads(load(installed, "-no-interpolation").stdout)["services"]
    for name in WORKERS | {"web", "beat"}:
        assert written[name]["environment"]["DATABASE_URL_FILE"] == "/run/secrets/${DATABASE_WAY:-app_url}"
        assert "pooled_url" in {secret["source"] for secret in services[name]["secrets"]}


def test_making_secrets_twice_changes_none(installed):
    before = {path.name: path.read_text() for path in (installed / "secrets").iterdir()}
    done = subprocess.run([installed / "make-secrets.sh"], check=True, capture_output=True, text=True)
    assert {path.name: path.read_text() for path in (installed / "secrets").iterdir()} == before
    assert not any(value in done.stdout + done.stderr for value in before.values())
    assert (installed / "secrets").stat().st_mode & 0o077 == 0


def test_no_two_passwords_are_alike_and_addresses_carry_their_own(installed):
    secrets = {path.name: path.read_text() for path in (installed / "secrets").iterdir()}
    random = [value for name, value in secrets.items() if name.endswith(("_password", "_key"))]
    assert len(set(random)) == len(random)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", value) for value in random)
    for name in ("owner", "app", "backup"):
        assert f"portal_{name}:{secrets[f'{name}_password']}@postgres:5432/portal" in secrets[f"{name}_url"]
