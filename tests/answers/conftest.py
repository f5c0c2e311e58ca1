"""Asking for real: documents that were read, a model's stand-in as a server, questions in one event loop."""

from __future__ import annotations

import asyncio

import pytest

from tests.servers.openai_server import running
from tests.servers.portal_server import serving

HANDBOOK = """# Working from home

Office staff may work from home up to three days a week, from the first day of employment. Wednesday is the common
office day. A manager can ask for more days on site for at most six weeks.

## Equipment

The company lends a laptop, a screen and a headset. Lost equipment must be reported to the service desk within 24 hours.
"""
EXPENSES = """# Travel expenses

The daily meal allowance is 42 euros. Taxis are reimbursed after 22:00.

## Hotels

Hotel rooms up to 140 euros a night are paid without asking. A dearer room needs the approval of the finance director.
"""


@pytest.fixture
def kept(transactional_db):
    """Rows that other threads and processes see."""


@pytest.fixture
def handbook(kept, shelf, upload, erin, alice):
    """Alice may read the handbook and the expenses rules; Bob may not."""
    from knowledge.permissions import grants

    grants.give(shelf, "read", alice, by=erin)
    upload("expenses.md", EXPENSES)
    return upload("handbook.md", HANDBOOK)


@pytest.fixture(scope="session")
def model_server():
    with running() as started:
        yield started


@pytest.fixture
def writes(monkeypatch, model_server):
    """`writes("echo")`: answers are written by that model of the stand-in."""
    from answers import backends
    from answers.answer_models.openai import OpenAIModel

    def use(model: str, **patience: float) -> None:
        chosen = OpenAIModel(model_server[0], "key", model, **patience)
        monkeypatch.setattr(backends, "answer_model", lambda: chosen)

    return use


@pytest.fixture
def ask():
    """`ask(alice, "…")` gives every event of the answer; the rows are written by then."""
    from answers.live import runner
    from answers.live.follow import follow_run
    from answers.question.question_input import AskRequest

    async def whole(member, asking):
        run = await runner.start(member, asking)
        events = [event async for event in follow_run(run)]
        await runner.wait_until_saved(run)
        return events

    def asked(member, question: str, **options):
        return asyncio.run(whole(member, AskRequest(question, **options)))

    return asked


@pytest.fixture
def shown():
    """`shown(alice, events)`: the answer of these events as its reader sees it now."""
    from answers.conversations.conversations import access_answer
    from answers.presentation.answer_view import show
    from tenants.isolation.scope import in_tenant

    def look(member, events):
        with in_tenant(member.tenant):
            return show(member, access_answer(member, events[0].data["answer_id"]))

    return look


@pytest.fixture
def portal(kept):
    """The address of the portal, served by uvicorn over a real socket."""
    with serving() as address:
        yield address


@pytest.fixture
def browser_of(portal, sign_in):
    """`browser_of(alice)`: an HTTP client with her session, at her company's pages."""
    import httpx

    opened = []

    def enter(member) -> httpx.Client:
        cookies = {name: morsel.value for name, morsel in sign_in(member).cookies.items()}
        client = httpx.Client(base_url=f"{portal}/t/{member.tenant.slug}", cookies=cookies, timeout=30)
        client.get("/")  # for the safety token of its forms
        client.headers["X-CSRFToken"] = client.cookies.get("portal_csrf", "")
        client.headers["Referer"] = portal
        opened.append(client)
        return client

    yield enter
    for client in opened:
        client.close()


@pytest.fixture
def program_of(portal, bearer):
    """`program_of(alice)`: an HTTP client with a key of hers, at her company's API."""
    import httpx

    opened = []

    def enter(member, *scopes: str) -> httpx.Client:
        client = httpx.Client(
            base_url=f"{portal}/t/{member.tenant.slug}/api/v1", headers=bearer(member, *scopes), timeout=30
        )
        opened.append(client)
        return client

    yield enter
    for client in opened:
        client.close()
