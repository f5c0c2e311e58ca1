"""The help pages: Markdown files of this repository as HTML.

Raw HTML in a page stays text. A link stays one if it leads to a help page or to another site; a link to another file of
the repository becomes its text and the path of the file. Nothing is rendered as a style or a script.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
LIST_NAME = ""  # the list of all pages
# Name in the address → file. The names are all there is: none becomes a path.
SOURCES: dict[str, Path] = {
    LIST_NAME: FOLDER / "README.md",
    **{path.stem: path for path in sorted(FOLDER.glob("*.md")) if path.stem != "README"},
    "audit-trail": REPOSITORY / "audit" / "README.md",
}
IMAGES: dict[str, Path] = {path.name: path for path in FOLDER.glob("*.png")}
_NAMES = {path.relative_to(REPOSITORY).as_posix(): name for name, path in SOURCES.items()}
_CELL_CLASSES = {"text-align:right": "number", "text-align:center": "centred"}


@dataclass(frozen=True, slots=True)
class HelpPage:
    name: str
    title: str
    html: SafeString

    @property
    def address(self) -> str:
        return page_address(self.name)


@dataclass(frozen=True, slots=True)
class HelpGroup:
    """The pages of one group of readers, as (name, title)."""

    title: str
    entries: tuple[tuple[str, str], ...]


def page_address(name: str) -> str:
    return reverse("help-page", args=[name]) if name else reverse("help")


def find_page(name: str) -> HelpPage | None:
    """None if there is no page of that name."""
    return _page(name) if name in SOURCES else None


@cache
def _page(name: str) -> HelpPage:
    source = SOURCES[name]
    title, html = render(source.read_text(encoding="utf-8"), source.relative_to(REPOSITORY).as_posix())
    return HelpPage(name, title, html)


@cache
def help_groups() -> tuple[HelpGroup, ...]:
    """The groups of the list of pages, each page in the first group that lists it."""
    source = SOURCES[LIST_NAME]
    path = source.relative_to(REPOSITORY).as_posix()
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    seen = {LIST_NAME}
    heading = ""
    for token in _parser().parse(source.read_text(encoding="utf-8")):
        if token.type == "heading_open":
            heading = token.tag
        elif token.type == "heading_close":
            heading = ""
        elif token.type == "inline" and heading == "h2":
            groups.append((_text_of(token.children or ()), []))
        elif token.type == "inline" and groups:
            for target, text in _links_of(token.children or ()):
                name = _NAMES.get(_path_in_repository(target.partition("#")[0], path))
                if name is not None and name not in seen:
                    seen.add(name)
                    groups[-1][1].append((name, text))
    return tuple(HelpGroup(title, tuple(entries)) for title, entries in groups if entries)


def render(text: str, path: str) -> tuple[str, SafeString]:
    """The title (the first heading) and the HTML of a Markdown text that is located at `path` in the repository."""
    parser, title, anchors = _parser(), "", set()
    tokens = parser.parse(text)
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            words = _text_of(tokens[at + 1].children or ())
            title = title or words
            token.attrs["id"] = _anchor(words, anchors)
        elif token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))  # the content security policy allows none
            if style in _CELL_CLASSES:
                token.attrs["class"] = _CELL_CLASSES[style]
        elif token.type == "inline":
            token.children = list(_resolved(token.children or (), path))
    return title, mark_safe(parser.renderer.render(tokens, parser.options, {}))  # noqa: S308 - raw HTML is switched off


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 60 ms, which would be added to every start of a process

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    # What is wider than the page scrolls in a box of its own, also by keyboard.
    parser.add_render_rule("table_open", lambda *_: '<div class="help-table" tabindex="0"><table class="table">\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    for kind in ("fence", "code_block"):
        parser.add_render_rule(kind, _render_code)
    parser.add_render_rule("code_inline", _render_inline_code)
    return parser


def _render_code(self, tokens: Sequence[Token], at: int, options, env) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _render_inline_code(self, tokens: Sequence[Token], at: int, options, env) -> str:
    """A long path breaks after a slash."""
    return f"<code>{escape(tokens[at].content).replace('/', '/<wbr>')}</code>"


def _resolved(tokens: Sequence[Token], path: str) -> Iterator[Token]:
    """The tokens of a line with links and images as a browser can follow them."""
    removed_link, link_text = None, ""
    for token in tokens:
        if token.type == "image":
            name = posixpath.basename(str(token.attrs["src"]))
            file = _path_in_repository(str(token.attrs["src"]), path)
            if name in IMAGES and file == IMAGES[name].relative_to(REPOSITORY).as_posix():
                token.attrs["src"] = reverse("help-image", args=[name])
                yield token
            else:
                yield _token("text", token.content)
        elif token.type == "link_open":
            href = str(token.attrs["href"])
            if address := _address(href, path):
                token.attrs = {"href": address} | ({"rel": "noreferrer"} if address.startswith("http") else {})
                yield token
            else:
                removed_link, link_text = _path_in_repository(href.partition("#")[0], path), ""
        elif token.type == "link_close" and removed_link is not None:
            if removed_link and not removed_link.endswith(link_text.strip() or "/"):
                yield from (_token("text", " ("), _token("code_inline", removed_link, "code"), _token("text", ")"))
            removed_link = None
        else:
            link_text += token.content
            yield token


def _token(kind: str, content: str, tag: str = "") -> Token:
    from markdown_it.token import Token  # see _parser

    return Token(kind, tag, 0, content=content)


def _address(href: str, path: str) -> str:
    """Where a link of a page leads; empty if it leads to no help page and no other site."""
    if re.match(r"https?://", href):
        return href
    target, _, fragment = href.partition("#")
    if not target:
        return f"#{fragment}"
    name = _NAMES.get(_path_in_repository(target, path))
    return "" if name is None else page_address(name) + (f"#{fragment}" if fragment else "")


def _path_in_repository(target: str, path: str) -> str:
    """The path from the root of the repository; empty if it is none."""
    if re.match(r"[a-z][a-z0-9+.-]*:|/", target, re.IGNORECASE):
        return ""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return "" if joined.startswith("..") else joined


def _links_of(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    href, text = "", ""
    for token in tokens:
        if token.type == "link_open":
            href, text = str(token.attrs["href"]), ""
        elif token.type == "link_close":
            yield href, text
        else:
            text += token.content


def _text_of(tokens: Sequence[Token]) -> str:
    return "".join(" " if token.type == "softbreak" else token.content for token in tokens)


def _anchor(heading: str, anchors: set[str]) -> str:
    """The anchor of a heading, as GitHub makes it, so that links work in both places."""
    base = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    anchor, count = base, 0
    while anchor in anchors:
        count += 1
        anchor = f"{base}-{count}"
    anchors.add(anchor)
    return anchor
