"""What compose.yaml tells PostgreSQL's neighbours to run, run by the same programs of this machine."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from portal.operations.services import install
from portal.operations.services.ports import free_port
from tests.docker.image import REPOSITORY

pytestmark = pytest.mark.service
COMPOSE = yaml.safe_load((REPOSITORY / "docker" / "compose.yaml").read_text())["services"]


def script(command: list[str], **instead: str) -> str:
    """The last word of `sh -c …` as compose hands it over, with paths of this machine."""
    text = command[-1].replace("$$", "$")
    for path, here in instead.values():
        assert path in text
        text = text.replace(path, str(here))
    return text


def needed(path: Path | None, name: str) -> Path:
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not on this machine, and may not be skipped here.", pytrace=False)
        pytest.skip(f"{name} is not on this machine.")
    return path


def test_redis_asks_for_the_password_and_shows_it_to_no_list_of_processes(tmp_path):
    import psutil
    import redis

    server = needed(install.redis_program(), "Redis")
    password, socket = tmp_path / "password", tmp_path / "redis.sock"
    password.write_text("a-password-of-this-test")
    text = script(
        COMPOSE["redis"]["command"],
        secret=("/run/secrets/redis_password", password),
        folder=("dir /data", f"port 0\\nunixsocket {socket}\\ndir {tmp_path}"),
        config=("/tmp/redis.conf", tmp_path / "redis.conf"),
        program=("exec redis-server", f"exec {server}"),
    )
    process = subprocess.Popen(["sh", "-c", text], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not socket.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(unix_socket_path=str(socket)).ping()
        client = redis.Redis(unix_socket_path=str(socket), password="a-password-of-this-test")
        assert client.ping()
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("appendonly")["appendonly"] == "yes"
        assert "a-password-of-this-test" not in " ".join(psutil.Process(process.pid).cmdline())
        assert (tmp_path / "redis.conf").stat().st_mode & 0o077 == 0
        process.terminate()
        assert process.wait(10) == 0, "the signal reaches Redis, which writes what it holds"
    finally:
        if process.poll() is None:
            process.kill()


def test_weaviate_gets_its_key_from_the_secret_and_not_from_the_file(tmp_path):
    (tmp_path / "key").write_text("the-key")
    text = script(
        COMPOSE["weaviate"]["entrypoint"],
        secret=("/run/secrets/weaviate_api_key", tmp_path / "key"),
        program=("exec /bin/weaviate", "exec env #"),
    )
    said = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True).stdout
    assert "AUTHENTICATION_APIKEY_ALLOWED_KEYS=the-key\n" in said


def test_pgbouncer_pools_by_transaction_with_this_configuration(real_postgres, tmp_path):
    import psycopg
    from psycopg import sql

    from portal.operations.services.base import answers_on

    program = needed(install.pgbouncer_program(), "PgBouncer")
    name = f"pooled_{os.getpid()}"
    with psycopg.connect(real_postgres.url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'pw'").format(sql.Identifier(name)))
    folder = Path(real_postgres.folder).parent / name
    folder.mkdir(mode=0o755)
    (folder / "users").write_text(f'"{name}" "pw"')
    port = free_port()
    text = (REPOSITORY / "docker" / "pgbouncer" / "pgbouncer.ini").read_text()
    for mine, here in {
        "portal = host=postgres port=5432": f"postgres = host=127.0.0.1 port={real_postgres.port}",
        "listen_addr = 0.0.0.0": "listen_addr = 127.0.0.1",
        "listen_port = 6432": f"listen_port = {port}",
        "/run/secrets/pgbouncer_users": str(folder / "users"),
    }.items():
        assert mine in text
        text = text.replace(mine, here)
    (folder / "pgbouncer.ini").write_text(text)
    account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen([str(program), str(folder / "pgbouncer.ini")], stderr=subprocess.DEVNULL, **account)
    try:
        deadline = time.monotonic() + 20
        while not answers_on(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with psycopg.connect(f"postgresql://{name}:pw@127.0.0.1:{port}/postgres", prepare_threshold=None) as pooled:
            pooled.execute("SELECT set_config('app.tenant', 'a', true)")
            assert pooled.execute("SELECT current_setting('app.tenant', true)").fetchone() == ("a",)
            pooled.commit()
            assert pooled.execute("SELECT nullif(current_setting('app.tenant', true), '')").fetchone() == (None,)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://{name}:wrong@127.0.0.1:{port}/postgres")
    finally:
        process.terminate()
        process.wait(10)
        with psycopg.connect(real_postgres.url, autocommit=True) as server:
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
