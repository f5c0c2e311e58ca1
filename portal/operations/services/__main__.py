"""`python -m portal.operations.services up | down | status | install | run | manage`."""

from __future__ import annotations

import argparse
import os
import sys

from portal.operations.services import NotStarted, production, stack


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="portal.operations.services", description="PostgreSQL, Redis and Weaviate on loopback."
    )
    what = parser.add_subparsers(dest="what", required=True)
    up = what.add_parser("up", help="start them, and install those that are missing")
    up.add_argument("only", nargs="*", metavar="NAME", help=", ".join(stack.KINDS))
    what.add_parser("down", help="stop just these")
    what.add_parser("status")
    install = what.add_parser("install", help="the programs alone")
    install.add_argument("only", nargs="*", metavar="NAME", help=", ".join([*stack.KINDS, "PgBouncer"]))
    run = what.add_parser("run", help="the portal with its production settings, on these")
    run.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    run.add_argument("--demo", action="store_true", help="with the sample company, when there is none yet")
    manage = what.add_parser("manage", help="any command of manage.py, with the production settings and these")
    manage.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    try:
        return COMMANDS[asked.what](asked)
    except NotStarted as error:
        print(error, file=sys.stderr)
        return 1


def _up(asked) -> int:
    missing = stack.up(only=_valid_names(asked.only, list(stack.KINDS)))
    print(f"Their addresses and passwords are in {stack.env_file()}")
    return 1 if missing else 0


def _down(asked) -> int:
    stack.down()
    return 0


def _status(asked) -> int:
    statuses = stack.status()
    for name, words in statuses.items():
        print(f"{name} {words}")
    return 0 if all(words.startswith("runs on") and "not answer" not in words for words in statuses.values()) else 1


def _install(asked) -> int:
    names = [*stack.KINDS, "PgBouncer"]
    missing = stack.install.install(_valid_names(asked.only, names) or names)
    for name, reason in missing.items():
        print(f"{name} is not here: {reason}")
    return 1 if missing else 0


def _run(asked) -> int:
    return production.run(asked.port, demo=asked.demo)


def _manage(asked) -> int:
    return production.manage(asked.command)


def _valid_names(only: list[str], names: list[str]) -> list[str] | None:
    for name in only:
        if name not in names:
            raise NotStarted(f"There is no {name}. Choose from: {', '.join(names)}.")
    return only or None


COMMANDS = {"up": _up, "down": _down, "status": _status, "install": _install, "run": _run, "manage": _manage}

if __name__ == "__main__":
    sys.exit(main())
