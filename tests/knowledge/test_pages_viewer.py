"""The viewer opens where the citation is, marks exactly the cited words, and shows nobody more than they may read."""

import re
import uuid

import pytest
from django.conf import settings

from audit.models import AuditEvent
from knowledge.hooks import viewer
from knowledge.hooks.viewer import CitedAnswer, CitedPlace
from knowledge.models import Content
from knowledge.permissions import grants
from tests.knowledge.page_cast import TRAVEL, path, shelf_of, text_of

pytestmark = pytest.mark.django_db

QUOTE = "Business class may be booked where a flight takes seven hours or longer."


@pytest.fixture
def shelf(erin):
    return shelf_of(erin)


@pytest.fixture
def policy(shelf):
    return shelf.add()


def span(document, quote=QUOTE):
    text = Content.objects.for_tenant(document.tenant_id).get(version=document.current_version_id).text
    return text.index(quote), text.index(quote) + len(quote)


def marked(page: str) -> str:
    inner = "".join(re.findall(r'<mark class="quote[^>]*>(.*?)</mark>', page, re.S))
    return re.sub(r"<span.*?</span>", "", inner)


def test_the_cited_words_are_marked_and_nothing_else(sign_in, policy, erin):
    start, end = span(policy)
    page = text_of(sign_in(erin), f"documents/{policy.pk}/", start=start, end=end)
    assert marked(page) == QUOTE
    assert page.count('id="quote"') == 1


def test_headings_tables_and_lists_are_rebuilt(sign_in, shelf, erin):
    document = shelf.add("list.md", TRAVEL + "\n## Rules\n\n- Book early\n- Keep receipts\n")
    page = text_of(sign_in(erin), f"documents/{document.pk}/")
    assert re.search(r"<th[^>]*>City</th>", page)
    assert re.search(r"<li[^>]*>Book early</li>", page)
    assert "Class of travel" in page.split('aria-label="Contents"')[1].split("</nav>")[0]


def test_a_document_cannot_bring_markup_of_its_own(sign_in, shelf, erin):
    document = shelf.add("evil.txt", "Hello <script>alert(1)</script> <img src=x onerror=alert(2)> end.")
    page = text_of(sign_in(erin), f"documents/{document.pk}/")
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_who_may_not_read_it_finds_nothing_at_any_address(sign_in, policy, bob, mallory):
    tails = ("", "leaf/", "original/", "1/1/", "details/", "replace/", "readers/")
    for tail in tails:
        assert sign_in(bob).get(path(f"documents/{policy.pk}/{tail}")).status_code == 404, tail
        assert sign_in(mallory).get(f"/t/globex/documents/{policy.pk}/{tail}").status_code == 404, tail


def test_a_revoked_reader_is_out_at_once(sign_in, shelf, policy, erin, alice):
    grants.give(shelf.collection, "read", alice, by=erin)
    client = sign_in(alice)
    assert client.get(path(f"documents/{policy.pk}/")).status_code == 200
    grants.revoke(shelf.collection, alice, by=erin)
    assert client.get(path(f"documents/{policy.pk}/")).status_code == 404
    assert client.get(path(f"documents/{policy.pk}/original/")).status_code == 404


def test_readers_are_named_only_to_those_who_may_change_it(sign_in, shelf, policy, erin, alice, bob):
    grants.give(shelf.collection, "read", alice, by=erin)
    grants.give(shelf.collection, "read", bob, by=erin)
    assert "Bob Acme" in text_of(sign_in(erin), f"documents/{policy.pk}/")
    seen = text_of(sign_in(alice), f"documents/{policy.pk}/")
    assert "Bob Acme" not in seen
    assert "Why you can read it: shared with you by Erin Acme" in seen


def test_opening_and_downloading_are_recorded_once_each(sign_in, policy, erin):
    client = sign_in(erin)
    text_of(client, f"documents/{policy.pk}/")
    response = client.get(path(f"documents/{policy.pk}/original/"))
    assert b"".join(response.streaming_content) == TRAVEL.encode()
    actions = list(AuditEvent.objects.filter(target_id=str(policy.pk)).values_list("action", flat=True))
    assert actions.count("document:opened") == 1
    assert actions.count("document:downloaded") == 1


def test_an_uploaded_page_is_never_run_under_our_address(sign_in, shelf, erin):
    document = shelf.add("page.html", "<html><body><h1>Hi</h1><script>alert(1)</script><p>Text here.</p></body></html>")
    response = sign_in(erin).get(path(f"documents/{document.pk}/original/"))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_citation_opens_its_version_with_the_places_of_its_answer(sign_in, shelf, policy, erin):
    start, end = span(policy)
    cited, other = uuid.uuid4(), uuid.uuid4()

    def resolver(member, citation_id):
        if citation_id != cited or member.pk != erin.pk:
            return None
        places = (
            CitedPlace(other, 1, None, None, "Secret plan", 3, 0, 5, lost=True),
            CitedPlace(cited, 2, policy.pk, policy.current_version_id, policy.title, 1, start, end, "Class of travel"),
        )
        return CitedAnswer(cited, places, "/t/acme/answers/x/", "Business class from seven hours.")

    viewer.register(resolver)
    try:
        shelf.add("travel-policy.md", TRAVEL.replace("seven", "nine"))
        page = text_of(sign_in(erin), f"documents/{policy.pk}/", citation=str(cited))
    finally:
        viewer._resolvers.remove(resolver)
    assert marked(page) == QUOTE
    assert "Back to the answer" in page
    assert "Business class from seven hours." in page
    assert "This is version 1. Answers use" in page
    assert "No longer shared with you" in page
    assert "Secret plan" not in page


def test_nonsense_in_the_address_opens_the_document_all_the_same(sign_in, policy, erin):
    query = {"citation": "x", "page": "99999", "start": "7", "end": "3", "passage": str(uuid.uuid4())}
    assert "Class of travel" in text_of(sign_in(erin), f"documents/{policy.pk}/", **query)
    assert sign_in(erin).get(path(f"documents/{policy.pk}/"), {"version": "9"}).status_code == 404


def test_a_long_document_comes_in_parts_without_losing_a_line(sign_in, shelf, erin):
    lines = [f"Line {number} of the ledger, with enough words to fill the page a little." for number in range(800)]
    document = shelf.add("ledger.txt", "\n\n".join(lines))
    client = sign_in(erin)
    page = text_of(client, f"documents/{document.pk}/")
    seen = set(re.findall(r"Line (\d+) of the ledger", page))
    more = re.search(r'hx-get="([^"]+)"[^>]*intersect', page)
    while more:
        page = client.get(more.group(1).replace("&amp;", "&")).content.decode()
        seen |= set(re.findall(r"Line (\d+) of the ledger", page))
        more = re.search(r'hx-get="([^"]+)"[^>]*intersect', page)
    assert seen == {str(number) for number in range(800)}


def test_a_pdf_page_is_a_picture_with_the_words_marked(sign_in, shelf, policy, erin, sample_pdf):
    document = shelf.add("delegation.pdf", sample_pdf)
    start, end = span(document, "Delegation")
    page = text_of(sign_in(erin), f"documents/{document.pk}/", start=start, end=end)
    assert '<rect class="in-focus" x="' in page
    source = re.search(r'<img src="([^"]+)"', page).group(1)
    picture = sign_in(erin).get(source)
    assert picture["Content-Type"] == "image/webp"
    assert picture.content[:4] == b"RIFF"
    again = sign_in(erin).get(source, headers={"If-None-Match": picture["ETag"]})
    assert again.status_code == 304
    assert sign_in(erin).get(path(f"documents/{document.pk}/1/99/")).status_code == 404


@pytest.fixture
def sample_pdf() -> bytes:
    return (settings.BASE_DIR / "portal" / "demo" / "documents" / "delegation-of-authority.pdf").read_bytes()
