"""`python -m portal.services up | down | status`."""

from __future__ import annotations

import argparse
import sys

from portal.services import NotStarted, together


def main() -> int:
    parser = argparse.ArgumentParser(prog="portal.services", description="PostgreSQL, Redis and Weaviate on loopback.")
    parser.add_argument("what", choices=["up", "down", "status", "install"], help="install: the programs alone")
    parser.add_argument("only", nargs="*", choices=[[], *together.KINDS, "PgBouncer"], help="some of them")
    asked = parser.parse_args()
    if asked.what == "install":
        missing = together.install.install(asked.only or [*together.KINDS, "PgBouncer"])
        for name, reason in missing.items():
            print(f"{name} is not here: {reason}")
        return 1 if missing else 0
    if asked.what == "down":
        together.down()
        return 0
    if asked.what == "status":
        said = together.status()
        for name, words in said.items():
            print(f"{name} {words}")
        return 0 if all(words.startswith("runs on") and "not answer" not in words for words in said.values()) else 1
    try:
        missing = together.up(only=asked.only or None)
    except NotStarted as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Their addresses and passwords stand in {together.env_file()}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
