"""What `make services` and the tests stand on: real servers in a folder, on loopback, startable, stoppable, killable."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
import redis

from knowledge.stores.base import Namespace, Query, StoreUnavailable
from knowledge.stores.weaviate.store import WeaviateStore
from portal.operations.services import Postgres, Redis, Weaviate, WeaviateCluster, ports, stack
from tests.conftest import REPOSITORY
from tests.contracts.vector_store.stage import EVERYTHING

pytestmark = pytest.mark.service


def services(what: str, folder: Path, *only: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "portal.operations.services", what, *only],
        cwd=REPOSITORY, env=os.environ | {"PORTAL_DATA_DIR": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_postgresql_keeps_its_data_and_its_address_over_a_crash(own_postgres):
    with psycopg.connect(own_postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    address = own_postgres.url
    own_postgres.kill()
    assert not own_postgres.is_running()
    assert own_postgres.start() == address
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_postgresql_lets_nobody_in_without_the_password(own_postgres):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(own_postgres.url_for("postgres", "postgres", "guessed"))


def test_redis_wants_its_password_and_comes_back_where_it_was(own_redis):
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=own_redis.port).ping()
    address = own_redis.url
    own_redis.kill()
    assert own_redis.start() == address
    assert redis.Redis.from_url(address).ping()


def test_a_server_that_is_paused_takes_connections_and_says_nothing(own_redis):
    own_redis.pause()
    client = redis.Redis.from_url(own_redis.url, socket_timeout=0.3, socket_connect_timeout=0.3, retry=None)
    with pytest.raises(redis.TimeoutError):
        client.ping()
    own_redis.resume()
    assert client.ping()


def test_weaviate_answers_those_who_have_the_key(real_weaviate):
    address = f"{real_weaviate.url}/v1/schema"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(address)
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {real_weaviate.key}"})
    assert urllib.request.urlopen(asked).status == 200


def heard(server) -> tuple[set[int], set[int]]:
    """The ports on which it can be reached, TCP and UDP: on loopback, and beyond."""
    waiting = []
    for process in server._tree():
        with suppress(psutil.NoSuchProcess):  # PostgreSQL's come and go
            doors = process.net_connections("inet")
            waiting += [at.laddr for at in doors if at.status == psutil.CONN_LISTEN or at.type == socket.SOCK_DGRAM]
    within = {at.port for at in waiting if at.ip in ("127.0.0.1", "::1")}
    return within, {at.port for at in waiting} - within


@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_nobody_on_another_machine_can_reach(kind, request):
    server = request.getfixturevalue(f"own_{kind}")
    within, beyond = heard(server)
    assert server.port in within
    assert beyond == set()


def test_nobody_on_another_machine_can_reach_pgbouncer(real_pgbouncer):
    server = real_pgbouncer()
    within, beyond = heard(server)
    assert server.port in within
    assert beyond == set()


def test_of_weaviate_other_machines_reach_two_doors_and_those_want_a_key(real_weaviate):
    """A version that can be told to keep these two on loopback as well will be noticed here."""
    state = real_weaviate.state
    within, beyond = heard(real_weaviate)
    assert {state[name] for name in ("port", "gossip_port", "raft_port", "raft_rpc_port")} <= within
    assert beyond == {state["grpc_port"], state["data_port"]} == set(real_weaviate.beyond_loopback().values())

    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://127.0.0.1:{state['data_port']}/nodes/status")
    stranger = WeaviateStore(real_weaviate.url, grpc_port=real_weaviate.grpc_port, api_key="guessed")
    with pytest.raises(StoreUnavailable, match="refused the portal's key"):
        stranger.search(Namespace(uuid4(), "g"), Query("", "word"), readable=EVERYTHING, limit=1)
    stranger.close()


def test_pgbouncer_passes_on_to_postgresql(real_pgbouncer, fresh_database):
    url = real_pgbouncer().through(fresh_database())
    with psycopg.connect(url, prepare_threshold=None) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_port_that_somebody_took_meanwhile_is_left_to_them(own_redis):
    former = own_redis.port
    own_redis.stop()
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody.bind(("127.0.0.1", former))
        somebody.listen()
        own_redis.start()
        assert own_redis.port != former


def test_the_nodes_of_a_cluster_have_doors_of_their_own_that_nobody_else_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(ports, "FIRST_PORT", 28_000)
    monkeypatch.setattr(ports, "LAST_PORT", 28_079)
    with ExitStack() as held:
        taken = set()
        for port in range(28_000, 28_080, 4):
            somebody = held.enter_context(socket.socket())
            with suppress(OSError):
                somebody.bind(("127.0.0.1", port))
            taken.add(port)
        cluster = WeaviateCluster(tmp_path)
        for node in cluster.nodes:
            node.settle()
    doors = [node.state[name] for node in cluster.nodes for name in node.ports]
    assert len(set(doors)) == len(doors) == 18
    assert not taken & set(doors)
    for node in cluster.nodes:
        node.settle()
    assert doors == [node.state[name] for node in cluster.nodes for name in node.ports]


def test_only_its_own_process_is_ever_ended(own_redis):
    """The number of a process that is long gone may belong to somebody else by now."""
    own_redis.stop()
    own_redis._remember(own_redis.state | {"pid": os.getpid()})
    assert not own_redis.is_running()
    own_redis.kill()


@pytest.fixture
def data(tmp_path):
    yield tmp_path
    for server in together_in(tmp_path):
        server.wipe()


def together_in(folder: Path):
    for kind in (Postgres, Redis, Weaviate):
        path = folder / "services" / kind.name.lower()
        yield kind(path.resolve())


def test_up_and_down_start_and_stop_and_the_passwords_stay(data):
    up = services("up", data, "PostgreSQL", "Redis")
    assert up.returncode == 0, up.stdout + up.stderr
    file = data / "services" / "env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = stack.read(file)
    assert first["DATABASE_URL"].startswith("postgresql://portal_app:")
    with psycopg.connect(first["DATABASE_ADMIN_URL"]) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
    assert redis.Redis.from_url(first["REDIS_URL"]).ping()
    assert "PostgreSQL runs on port" in services("status", data).stdout

    down = services("down", data)
    assert "PostgreSQL stopped" in down.stdout
    assert services("status", data).returncode == 1
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(first["REDIS_URL"]).ping()

    assert services("up", data, "PostgreSQL", "Redis").returncode == 0
    assert stack.read(file) == first


def test_up_names_the_doors_that_other_machines_reach(data, real_weaviate):
    said = services("up", data, "Weaviate").stdout
    state = Weaviate(data / "services" / "weaviate").state
    assert f"gRPC {state['grpc_port']} and the nodes' own {state['data_port']} listen on every interface" in said


def test_it_needs_no_django():
    said = subprocess.run(
        [sys.executable, "-c", "import sys, portal.operations.services.__main__; print('django' in sys.modules)"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == "False"
