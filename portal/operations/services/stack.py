"""What `make services` starts, where, and what it tells the portal's settings."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from portal.operations.services import install
from portal.operations.services.base import Server, unprivileged
from portal.operations.services.postgres import Postgres
from portal.operations.services.redis import Redis
from portal.operations.services.weaviate import Weaviate

DATABASE = "portal"
ROLES = {"DATABASE_URL": "portal_app", "DATABASE_OWNER_URL": "portal_owner", "DATABASE_BACKUP_URL": "portal_backup"}
SYSTEM_DATA_FOLDER = Path("/var/lib/portal-services")
KINDS = {"PostgreSQL": Postgres, "Redis": Redis, "Weaviate": Weaviate}

Writer = Callable[[str], None]


def data_folder() -> Path:
    given = os.environ.get("PORTAL_DATA_DIR", "").strip()
    return Path(given or Path(__file__).resolve().parents[3] / "var").expanduser().resolve()


def folder() -> Path:
    return data_folder() / "services"


def env_file() -> Path:
    return folder() / "env"


def servers() -> list[Server]:
    """As they were started. One that was never started is not running."""
    return [kind(folder() / name.lower()) for name, kind in KINDS.items()]


def up(write_line: Writer = print, only: list[str] | None = None) -> dict[str, str]:
    """Starts what can be had, writes the addresses, and returns what is missing, with the reason for each."""
    names = only or list(KINDS)
    missing = install.install(names, write_line)
    _private(data_folder())
    _private(folder())
    for server in servers():
        if server.name not in names:
            continue
        if server.name in missing:
            write_line(f"{server.name} is not here: {missing[server.name]}")
            continue
        if server.is_running():
            write_line(f"{server.name} runs already, on port {server.port}")
            continue
        _find_a_place(server, write_line)
        server.start()
        write_line(f"{server.name} runs on port {server.port}")
        if beyond := server.beyond_loopback():
            doors = " and ".join(f"{what} {port}" for what, port in beyond.items())
            write_line(f"  {doors} listen on every interface, with a key: close them to others (docker/OPERATING.md)")
    _write(env_file(), addresses())
    return missing


def down(write_line: Writer = print) -> None:
    for server in reversed(servers()):
        if server.is_running():
            server.stop()
            write_line(f"{server.name} stopped. Its data is kept in {server.folder}")


def status() -> dict[str, str]:
    """Name to what is to be said of it."""
    statuses = {}
    for server in servers():
        if server.is_running():
            statuses[server.name] = f"runs on port {server.port}" + (
                "" if server.is_ready() else ", and does not answer"
            )
        else:
            statuses[server.name] = "does not run"
    return statuses


def addresses() -> dict[str, str]:
    """The environment of the production settings on this machine, with passwords that are made once."""
    stored = read(env_file())
    settings: dict[str, str] = {}
    postgres, redis, weaviate = servers()
    assert isinstance(postgres, Postgres)
    assert isinstance(weaviate, Weaviate)
    if postgres.state:
        settings["DATABASE_ADMIN_URL"] = postgres.url
        for name, role in ROLES.items():
            password = stored.get(name, "").partition("//")[2].partition("@")[0].partition(":")[2]
            settings[name] = postgres.url_for(DATABASE, role, password or secrets.token_urlsafe(24))
    if redis.state:
        settings["REDIS_URL"] = redis.url
    if weaviate.state:
        settings |= {
            "VECTOR_STORE": "weaviate",
            "WEAVIATE_URL": weaviate.url,
            "WEAVIATE_GRPC_PORT": str(weaviate.grpc_port),
            "WEAVIATE_API_KEY": weaviate.key,
        }
    return settings


def read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _write(path: Path, settings: dict[str, str]) -> None:
    """Addresses, keys and generated passwords: nothing in them needs quoting in a shell."""
    fresh = path.with_name("env.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("# Made by `make services`. Read it with: set -a; . this-file; set +a\n")
        file.writelines(f"{name}={value}\n" for name, value in settings.items())
    fresh.replace(path)


def _private(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def _find_a_place(server: Server, write_line: Writer) -> None:
    """PostgreSQL does not run as root, and its own account may not be able to enter the data folder, which is root's
    alone. Then its files lie where it can, with a link from where one would look."""
    if not isinstance(server, Postgres) or unprivileged() is None or server.folder.exists():
        return
    if all(parent.stat().st_mode & 0o001 for parent in server.folder.parents if parent.exists()):
        return
    if server.folder.is_symlink():
        server.folder.unlink()  # what it led to is gone
    SYSTEM_DATA_FOLDER.mkdir(parents=True, exist_ok=True, mode=0o711)
    place = SYSTEM_DATA_FOLDER / f"{server.folder.name}-{secrets.token_hex(4)}"
    place.mkdir(mode=0o700)
    shutil.chown(place, unprivileged(), unprivileged())
    server.folder.symlink_to(place)
    write_line(
        f"PostgreSQL does not run as root, and its account may not enter {data_folder()}: its files are in {place}"
    )
