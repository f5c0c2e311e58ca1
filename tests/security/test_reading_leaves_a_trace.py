"""Whatever shows words, pictures or titles of documents is on the trail: the URL configuration is walked to prove it."""

import asyncio
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from audit.ledger.actions import Action
from audit.models import AuditEvent
from portal.security.disclosures import DISCLOSURES, DisclosedContent, Rhythm
from tests.every_address import OTHER_DOCUMENT, Address, every_address, make_objects, values

WORD, TITLE = "quillmarker", "Zephyrtitle"
TEXT = f"# Allowance\n\nThe daily {WORD} allowance is 42 euros. Taxis are reimbursed after 22:00.\n"
LISTED = {each.address: each for each in DISCLOSURES}


@pytest.fixture
def world(transactional_db, erin, alice, cora, shelf):
    """Documents, an answer that quotes one, its link, one in the trash, one that failed. Alice reads all of it."""
    cache.clear()
    found = make_objects(erin, alice, shelf, word=WORD, title=TITLE)
    found.shelf, found.alice, found.cora, found.erin = shelf, alice, cora, erin
    return found


def addresses() -> list[Address]:
    return [address for address in every_address() if address.is_of_a_tenant]


# Where the bare address shows nothing of a document: what a person would send. Each is tried besides the bare one.
ASKED = {
    "knowledge:search": [{"q": WORD}, {"q": "allowance", "page": 2}],
    "knowledge:search-dialog": [{"q": WORD}],
    "knowledge:library-rows": [{"ids": "{document}"}],
    "knowledge:move": [{"ids": "{document}"}],
    "knowledge:remove": [{"ids": "{document}"}],
    "knowledge:readers": [{"ids": "{document}"}],
    "knowledge:document-compare": [{"from": 1, "to": 2}],
    "api:documents": [{"trashed": "1"}],
    "audit:trail": [{"document": "{document}"}],
}
POSTED = {
    "api:search": {"query": WORD},
    "api:ask": {"question": f"What is the daily {WORD} allowance?"},
    "audit:export": {"format": "csv"},
}
HEADERS = {"answers:answer": {"X-Follows": "1"}}


def read_body(response) -> str:
    if not response.streaming:
        return response.content.decode(errors="replace")
    if not response.is_async:
        return b"".join(response.streaming_content).decode(errors="replace")

    async def read():
        return b"".join([piece async for piece in response.streaming_content])

    return asyncio.run(read()).decode(errors="replace")


def _seen(response) -> set[DisclosedContent]:
    """What of the marked documents is in a response."""
    if response["Content-Type"].startswith("image/"):
        return {DisclosedContent.PICTURE}
    body = read_body(response)
    found = set()
    if f"{WORD} allowance is 4" in body.replace('<mark class="quote">', "").replace("</mark>", ""):
        found.add(
            DisclosedContent.FILE if "attachment" in response.get("Content-Disposition", "") else DisclosedContent.TEXT
        )
    if TITLE in body:
        found.add(DisclosedContent.TITLE)
    return found


def _requests(world, sign_in):
    """(name, reader, a call that answers) for every address, as the people who may open it."""
    for each in addresses():
        name, known = each.name, values(world)
        reader = world.cora if "audit" in name else world.alice
        if name in OTHER_DOCUMENT:
            known["document_id"] = getattr(world, OTHER_DOCUMENT[name]).pk
        address = each.path("acme", known)
        client = sign_in(reader)
        headers = HEADERS.get(name)
        for query in [{}, *ASKED.get(name, ())]:
            query = {key: str(value).format(document=world.document.pk) for key, value in query.items()}
            yield name, reader, lambda c=client, a=address, q=query, h=headers: c.get(a, q, headers=h)
        if name in POSTED:
            kind = {"content_type": "application/json"} if name.startswith("api:") else {}
            yield name, reader, lambda c=client, a=address, n=name, k=kind: c.post(a, POSTED[n], **k)


@pytest.mark.timeout(120)
def test_every_response_with_words_of_a_document_has_its_event(world, sign_in):
    unlisted, unrecorded, shown = set(), set(), {}
    for name, reader, call in _requests(world, sign_in):
        before = AuditEvent.objects.latest("id").pk
        response = call()
        assert response.status_code < 500, name
        for content in _seen(response):
            shown.setdefault(name, set()).add(content)
            entry = LISTED.get(name)
            if entry is None or content not in entry.contents:
                unlisted.add((name, content.value))
                continue
            # What is not recorded each time is on the trail since less than 10 minutes: the whole test is shorter.
            since = before if entry.rhythm is Rhythm.EACH else 0
            events = AuditEvent.objects.filter(id__gt=since, actor_id=reader.user_id, action__in=entry.actions)
            if not events.exists():
                unrecorded.add((name, content.value))
    assert not unlisted, "add these to portal/security/disclosures.py, and record them"
    assert not unrecorded
    untested = LISTED.keys() - shown.keys() - NOT_WALKED
    assert not untested, "listed, but the walk was shown nothing there"


# Shown by the walk's own way of asking (`question`), only to a process that follows, only on scans, or only for documents
# that cannot be read.
NOT_WALKED = {"answers:question", "answers:events", "knowledge:page-marks"}


def test_the_table_names_addresses_that_exist_once_each():
    names = {address.name for address in addresses()}
    assert LISTED.keys() <= names
    assert len(LISTED) == len(DISCLOSURES)


# One by one


@pytest.fixture
def policy(db, erin, shelf, alice, upload):
    from knowledge.permissions import grants

    cache.clear()
    grants.give(shelf, "read", alice, by=erin)
    return upload(f"{TITLE}.md", TEXT, title=f"{TITLE} plan")


def events(action, member=None):
    found = AuditEvent.objects.filter(action=action).order_by("id")
    return list(found.filter(actor_id=member.user_id) if member else found)


@pytest.mark.parametrize("tail", ["search/", "search/dialog/"])
def test_each_answer_of_a_search_is_recorded_with_what_it_showed(sign_in, alice, policy, tail):
    client = sign_in(alice)
    for words in ("daily", f"daily {WORD}"):
        client.get(f"/t/acme/{tail}", {"q": words})
    found = events(Action.SEARCH_RUN, alice)
    assert len(found) == 2
    assert [row.object_id for row in found[-1].event_objects.all()] == [policy.pk]
    client.get(f"/t/acme/{tail}")
    assert len(events(Action.SEARCH_RUN, alice)) == 2, "nothing was searched"


def test_the_second_page_of_results_is_recorded(sign_in, alice, policy):
    sign_in(alice).get("/t/acme/search/", {"q": WORD, "page": "2"})
    assert events(Action.SEARCH_RUN, alice)[-1].data["page"] == 2


def test_further_pages_are_one_event_ten_minutes_later(sign_in, alice, policy, read_all):
    from knowledge.library import reading_log
    from knowledge.models import Reading

    client = sign_in(alice)
    opening = client.get(f"/t/acme/documents/{policy.pk}/")
    for page in (1, 2, 3, 7):
        reading_log.note_pages(alice, policy, 1, [page])
    client.get(f"/t/acme/documents/{policy.pk}/leaf/?version=1&leaf=0")
    assert len(events(Action.DOCUMENT_OPENED)) == 1
    assert not events(Action.DOCUMENT_READ)
    assert reading_log.close_due(alice.tenant) == 0, "not yet"
    Reading.objects.for_tenant(alice.tenant_id).update(began_at=timezone.now() - timedelta(minutes=10))
    assert reading_log.close_due(alice.tenant) == 1
    [event] = events(Action.DOCUMENT_READ)
    assert (event.actor_id, event.target_id) == (alice.user_id, str(policy.pk))
    assert (event.data["pages"], event.data["count"], event.data["version"]) == ("1–3, 7", 4, 1)
    assert event.request_id == opening["X-Request-ID"], "in one story with the opening"
    assert reading_log.close_due(alice.tenant) == 0


def test_a_page_without_an_opening_is_an_opening(sign_in, alice, policy):
    sign_in(alice).get(f"/t/acme/documents/{policy.pk}/leaf/?version=1&leaf=0")
    [event] = events(Action.DOCUMENT_OPENED, alice)
    assert event.data["page"] == 1


def test_after_ten_minutes_the_next_page_is_an_opening_again(alice, policy):
    from knowledge.library import reading_log
    from knowledge.models import Reading

    reading_log.note_pages(alice, policy, 1, [1])
    reading_log.note_pages(alice, policy, 1, [2])
    Reading.objects.for_tenant(alice.tenant_id).update(began_at=timezone.now() - timedelta(minutes=11))
    reading_log.note_pages(alice, policy, 1, [3])
    assert [event.action for event in (*events(Action.DOCUMENT_OPENED), *events(Action.DOCUMENT_READ))] == [
        "document:opened", "document:opened", "document:read",
    ]  # fmt: skip


def test_erasing_a_document_does_not_take_a_reading_off_the_trail(alice, erin, policy, read_all):
    from knowledge.erasure import deletion
    from knowledge.library import reading_log
    from knowledge.models import Reading

    reading_log.note_pages(alice, policy, 1, [1, 2])
    deletion.erase_now(erin, policy.pk)
    read_all()
    Reading.objects.for_tenant(alice.tenant_id).update(began_at=timezone.now() - timedelta(minutes=11))
    reading_log.close_due(alice.tenant)
    assert events(Action.DOCUMENT_READ)[0].target_id == str(policy.pk)


def test_a_page_that_was_sent_before_writes_nothing(alice, policy, django_assert_num_queries):
    from knowledge.library import reading_log

    reading_log.note_pages(alice, policy, 1, [1, 2, 3])
    with django_assert_num_queries(1):
        reading_log.note_pages(alice, policy, 1, [2])


@pytest.mark.parametrize(
    ("ranges", "pages", "expected"),
    [
        ([], [3], [[3, 3]]),
        ([[1, 2]], [3], [[1, 3]]),
        ([[1, 2], [4, 6]], [3], [[1, 6]]),
        ([[5, 5]], [1, 9], [[1, 1], [5, 5], [9, 9]]),
        ([[1, 9]], [4], [[1, 9]]),
    ],
)
def test_pages_are_kept_as_ranges(ranges, pages, expected):
    from knowledge.library.reading_log import merged

    assert merged(ranges, pages) == expected


def test_a_list_of_titles_is_one_event_per_person_list_and_ten_minutes(
    sign_in, alice, erin, shelf, policy, django_capture_on_commit_callbacks
):
    def look(member, tail):
        with django_capture_on_commit_callbacks(execute=True):
            assert TITLE in sign_in(member).get(f"/t/acme/{tail}").content.decode()

    for _ in range(3):
        look(alice, "documents/")
    assert [event.data["list"] for event in events(Action.DOCUMENT_LISTED, alice)] == ["library"]
    look(alice, f"documents/?collection={shelf.pk}")
    look(erin, "documents/")
    assert [event.target_id for event in events(Action.DOCUMENT_LISTED)] == ["", str(shelf.pk), ""]


def test_an_empty_list_shows_no_title_and_leaves_no_event(sign_in, bob, policy):
    sign_in(bob).get("/t/acme/documents/")
    assert not events(Action.DOCUMENT_LISTED, bob)


def test_the_dialog_asks_when_typing_pauses_and_not_for_the_same_words_again():
    script = (settings.BASE_DIR / "portal/static/portal/js/search-dialog.js").read_text(encoding="utf-8")
    assert "setTimeout(look, PAUSE)" in script
    assert "const PAUSE = 350" in script
    assert "=== sent) return" in script


@pytest.mark.timeout(60)
def test_an_old_answer_that_is_opened_again_is_recorded_once_with_its_documents(world, sign_in):
    from answers.models import Answer

    client, path = sign_in(world.alice), f"/t/acme/conversations/{world.answer.conversation_id}/"
    client.get(path)
    assert not events(Action.ANSWER_SHOWN), "its own event says so already"
    long_ago = timezone.now() - timedelta(days=3)
    Answer.objects.for_tenant(world.alice.tenant_id).filter(pk=world.answer.pk).update(finished_at=long_ago)
    for _ in range(2):
        assert WORD in client.get(path).content.decode()
    [event] = events(Action.ANSWER_SHOWN, world.alice)
    assert (event.target_type, event.target_id) == ("conversation", str(world.answer.conversation_id))
    assert [row.object_id for row in event.event_objects.filter(relation="quoted")] == [world.document.pk]
    client.get(f"/t/acme/api/v1/answers/{world.answer.pk}/")
    assert len(events(Action.ANSWER_SHOWN, world.alice)) == 2, "the answer by itself is another thing"


def test_a_shared_answer_names_the_documents_that_it_showed(world, sign_in):
    sign_in(world.erin).get(f"/t/acme/shared/{world.link.pk}/")
    [event] = events(Action.ANSWER_OPENED, world.erin)
    assert [row.object_id for row in event.event_objects.all()] == [world.document.pk]


def test_a_program_that_looks_up_readers_is_recorded(client, alice, erin, bearer, shelf, policy):
    client.get(f"/t/acme/api/v1/documents/{policy.pk}/grants/", headers=bearer(erin))
    assert events(Action.READERS_LOOKED_UP, erin)[0].target_id == str(policy.pk)


def test_strangers_to_a_document_leave_no_reading(bob, policy):
    client = Client()
    client.force_login(bob.user, backend="tenants.signin.backend.EmailBackend")
    assert client.get(f"/t/acme/documents/{policy.pk}/1/1/").status_code == 404
    assert client.get(f"/t/acme/documents/{policy.pk}/leaf/").status_code == 404
    assert not events(Action.DOCUMENT_OPENED, bob)
