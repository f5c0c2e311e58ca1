"""Many files at once arrive, all of them: into a new collection, beside others, and after the tab was closed."""

from __future__ import annotations

import pytest

from knowledge.models import Document
from tenants.isolation.scope import in_tenant

pytestmark = pytest.mark.browser

FILES = 60


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"note {number:02}.txt" for number in range(FILES)]
    for path in paths:
        path.write_text(f"{path.stem} says where the ladder stands.")
    return paths


def arrived(tenant) -> list[str]:
    with in_tenant(tenant):
        return sorted(Document.objects.for_tenant(tenant).values_list("filename", flat=True))


def count_loads(page) -> list[str]:
    """Every document that the tab loads from now on."""
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    return loads


def upload_all(page, files) -> None:
    page.set_input_files("#upload-files", files)
    page.locator("html:not([data-uploading])").wait_for(timeout=30_000)


def test_sixty_files_into_an_empty_collection_all_arrive(browse, shelf, erin, files):
    page = browse(erin, f"documents/?collection={shelf.pk}")
    loads = count_loads(page)
    assert page.get_by_text("No documents here yet").is_visible()
    upload_all(page, files)
    assert arrived(erin.tenant) == [path.name for path in files]
    page.locator("[data-document]").nth(FILES - 1).wait_for()
    assert page.get_by_text("No documents here yet").count() == 0
    assert page.locator("#coverage-title").is_visible()
    assert page.get_by_role("button", name="Sorted by").is_visible()
    assert loads == []


def test_sixty_files_into_a_filled_collection_all_arrive(browse, shelf, erin, bring, files):
    bring("ladders.txt", "Ladders stand in the yard.")
    page = browse(erin, f"documents/?collection={shelf.pk}")
    loads = count_loads(page)
    upload_all(page, files)
    assert arrived(erin.tenant) == sorted(["ladders.txt", *(path.name for path in files)])
    page.locator("[data-document]").nth(FILES).wait_for()
    assert page.locator("[data-document]").count() == FILES + 1
    assert loads == []


def test_a_closed_tab_is_resumed_with_the_same_files_and_none_comes_twice(browse, shelf, erin, bring, files, tmp_path):
    bring("ladders.txt", "Ladders stand in the yard.")
    files, large = files[:20], tmp_path / "large.txt"
    large.write_bytes(b"A ladder. " * 450_000)  # more than one piece
    first = browse(erin, f"documents/?collection={shelf.pk}")
    first.route("**/pieces/*/?at=4194304", lambda route: route.abort())
    first.set_input_files("#upload-files", [*files[:5], large, *files[5:]])
    first.locator(".upload-note", has_text="The uploaded part is stored for 24 hours.").wait_for()
    first.close()  # in the middle of it
    assert len(arrived(erin.tenant)) < len(files)

    second = browse(erin, f"documents/?collection={shelf.pk}")
    second.get_by_text("Choose the same file again to continue.").wait_for()
    sent = []
    second.on("request", lambda request: "?at=" in request.url and sent.append(request.url.rpartition("at=")[2]))
    upload_all(second, [*files, large])
    assert arrived(erin.tenant) == sorted(["ladders.txt", large.name, *(path.name for path in files)])
    assert sent == ["4194304"]


def test_a_page_with_waiting_files_asks_before_it_is_left(browse, shelf, erin, files):
    page = browse(erin, f"documents/?collection={shelf.pk}")
    page.route("**/documents/upload/", lambda route: None)  # the line is slow: two are sent, the others wait
    page.set_input_files("#upload-files", files[:5])
    page.locator(".upload-file").nth(4).wait_for()
    leaving = page.evaluate(
        "() => { const event = new Event('beforeunload', {cancelable: true}); window.dispatchEvent(event);"
        " return event.defaultPrevented }"
    )
    assert leaving is True


def test_the_readers_dialog_reloads_the_list_only_when_no_file_is_on_its_way(browse, shelf, erin, bring, files):
    bring("ladders.txt", "Ladders stand in the yard.")
    page = browse(erin, f"documents/?collection={shelf.pk}")
    loads = count_loads(page)
    page.evaluate("document.documentElement.toggleAttribute('data-uploading', true)")
    page.evaluate(
        "() => { const dialog = document.querySelector('.readers-dialog'); dialog.showModal();"
        " dialog.dataset.changed = ''; dialog.close() }"
    )
    page.wait_for_timeout(200)
    assert loads == []
    with page.expect_navigation():
        page.evaluate(
            "() => { document.documentElement.toggleAttribute('data-uploading', false);"
            " document.dispatchEvent(new CustomEvent('portal:uploads-ended')) }"
        )
