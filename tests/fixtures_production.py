from __future__ import annotations

import sys

import pytest

from tests.production import installation
from tests.servers.commands import commands
from tests.servers.openai_server import running as model_running

PASSWORD = "a-long-enough-password"
TRAVEL = "# Travel\n\nThe daily meal allowance is 42 euros. Taxis are reimbursed after 22:00.\n"


@pytest.fixture(scope="session")
def production(tmp_path_factory):
    """Acme on PostgreSQL, Redis and Weaviate: two web processes, a worker for each kind of work, beat. Answers are
    written slowly, word by word."""
    installation.insist_on_servers()
    with (
        model_running() as (model, _),
        installation.running(
            tmp_path_factory.mktemp("production"),
            OPENAI_BASE_URL=model, OPENAI_API_KEY="key", ANSWER_MODEL="echo-words-40",
        ) as started,
    ):  # fmt: skip
        with commands([sys.executable, "-m", "portal.operations.services", "manage"], started.environment) as command:
            command("create_tenant", "acme", "--name", "Acme Ltd")
            for name, role in (("adam", "admin"), ("alice", "member")):
                command(
                    "add_member", "--tenant", "acme", "--email", f"{name}@acme.example", "--role", role,
                    "--name", name.title(), "--password-stdin", given=PASSWORD,
                )  # fmt: skip
        yield started


@pytest.fixture(scope="session")
def adams_program(production):
    """A program of Adam's, who administers Acme. He has a shelf with one document on it."""
    with production.api("acme", "adam@acme.example") as client:
        made = client.post("/collections/", json={"name": "Handbook"})
        assert made.status_code == 201, made.text
        client.shelf = made.json()["id"]
        upload(client, "travel.md", TRAVEL)
        yield client


def upload(client, name: str, text: str):
    sent = client.post("/documents/", files={"file": (name, text.encode())}, data={"collection": client.shelf})
    assert sent.status_code == 201, sent.text
    return sent.json()["id"]
