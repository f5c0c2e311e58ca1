"""The help pages: the documentation of the repository under /help, for everybody, safe and cacheable."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from portal.help.markdown_pages import IMAGES, SOURCES, find_page, help_groups, page_address, render

pytestmark = pytest.mark.django_db
NAMES = sorted(SOURCES)
HOSTILE = """\
# Page

<script>alert(1)</script> <img src=x onerror=alert(1)> <b style="color:red">bold</b>

<iframe src="https://evil.example"></iframe>

[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html;base64,x) [d](vbscript:x) ![e](javascript:alert(1))
[f](//evil.example/x) [g](/t/acme/) <javascript:alert(1)> [h](https://example.org/"onclick="alert(1))

![i](https://evil.example/pixel.png) ![j](../../../etc/passwd) ![k](../static/answer.png)

| a | b |
|:-:|--:|
| 1 | 2 |

```sh" onclick="alert(1)
</code></pre><script>alert(1)</script>
```
"""


class Elements(HTMLParser):
    """The elements of an HTML text with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


@pytest.mark.parametrize("name", NAMES)
def test_each_page_opens_without_signing_in(client, name):
    response = client.get(page_address(name))
    assert response.status_code == 200
    html = response.content.decode()
    assert html.count("<h1") == 1
    ids = Elements(html).values("id")
    assert len(ids) == len(set(ids))


def test_each_page_opens_for_somebody_who_is_signed_in_and_leads_back(sign_in, alice):
    html = sign_in(alice).get("/help/features/").content.decode()
    assert "Back to the portal" in html
    assert "Sign in" not in html


def test_the_address_without_a_slash_leads_to_the_list(client):
    assert client.get("/help")["Location"] == "/help/"


@pytest.mark.parametrize(
    "address",
    [
        "/help/no-such-page/", "/help/README/", "/help/features.md/", "/help/../manage.py/", "/help/%2e%2e%2fmanage/",
        "/help/images/no-such.png", "/help/images/..%2fREADME.md", "/help/images/README.md", "/help/images/__init__.py",
    ],
)  # fmt: skip
def test_only_known_names_are_served(client, address):
    assert client.get(address).status_code == 404


def test_a_page_takes_no_post(client):
    assert client.post("/help/").status_code == 405
    assert client.post("/help/images/answer.png").status_code == 405


def test_a_browser_that_has_a_page_gets_304_until_it_changes(client, sign_in, alice):
    first = client.get("/help/features/")
    assert "csrf" not in first.content.decode().lower().replace("x-csrftoken", "")
    assert not first.cookies
    assert set(first["Cache-Control"].split(", ")) == {"private", "no-cache"}
    again = client.get("/help/features/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert sign_in(alice).get("/help/features/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_an_image_has_its_type_and_may_be_kept_for_a_day(client):
    response = client.get("/help/images/answer.png")
    assert response["Content-Type"] == "image/png"
    assert response.content == IMAGES["answer.png"].read_bytes()
    assert set(response["Cache-Control"].split(", ")) == {"public", "max-age=86400"}
    assert "Vary" not in response
    assert client.get("/help/images/answer.png", headers={"If-None-Match": response["ETag"]}).status_code == 304


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_image_of_a_page_leads_somewhere(client, name):
    here = page_address(name)
    page = Elements(find_page(name).html)
    for address in page.values("href"):
        path, _, fragment = address.partition("#")
        if path.startswith("https://"):
            continue
        assert client.get(path or here).status_code == 200, address
        if fragment:
            names = [each for each in SOURCES if page_address(each) == (path or here)]
            assert fragment in Elements(find_page(names[0]).html).values("id"), address
    for address in page.values("src"):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_style_no_script_and_no_handler(name):
    for tag, attributes in Elements(find_page(name).html).elements:
        assert tag not in {"script", "style", "iframe", "object", "form", "input"}
        assert not {each for each in attributes if each == "style" or each.startswith("on")}


def test_hostile_markdown_becomes_text():
    _, html = render(HOSTILE, "portal/help/hostile.md")
    page = Elements(html)
    assert {tag for tag, _ in page.elements} <= {
        "h1", "p", "a", "div", "table", "thead", "tbody", "tr", "th", "td", "pre", "code", "br", "wbr",
    }  # fmt: skip
    assert {name for _, attributes in page.elements for name in attributes} <= {
        "id",
        "href",
        "rel",
        "class",
        "tabindex",
    }
    assert all(address.startswith("https://example.org/") for address in page.values("href"))
    assert "<script>alert(1)</script>" in page.text
    assert page.values("class") == ["help-table", "table", "centred", "number", "centred", "number"]


def test_links_between_pages_become_addresses_and_other_files_become_text():
    text = (
        "# Page\n\n[Terms](terms.md#terms) [trail](../../audit/README.md) [Help](README.md) [here](#page)\n"
        "[How to operate](../../docker/OPERATING.md#mail) [SECURITY.md](../../SECURITY.md) [outside](../../../secret.md)\n"
        "![An answer](answer.png)\n"
    )
    title, html = render(text, "portal/help/page.md")
    assert title == "Page"
    page = Elements(html)
    assert page.values("href") == ["/help/terms/#terms", "/help/audit-trail/", "/help/", "#page"]
    assert page.values("src") == ["/help/images/answer.png"]
    assert "How to operate (docker/OPERATING.md) SECURITY.md outside" in " ".join(page.text.split())


def test_the_list_names_each_page_under_its_readers():
    groups = {group.title: [name for name, _ in group.entries] for group in help_groups()}
    assert all(groups.values())
    assert len(groups) >= 4
    listed = [name for names in groups.values() for name in names]
    assert sorted(listed) == sorted(name for name in NAMES if name)


def test_the_account_menu_and_the_sign_in_page_lead_to_the_help(client, sign_in, alice):
    link = re.compile(r'<a [^>]*href="/help/"')
    assert link.search(client.get("/sign-in/").content.decode())
    assert link.search(sign_in(alice).get("/t/acme/").content.decode())
