"""HTML to pieces. Event by event, without a tree, so that depth costs nothing; what a browser hides is left out."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, one_line, table_of_pieces

SKIPPED = {
    "script",
    "style",
    "template",
    "noscript",
    "svg",
    "math",
    "iframe",
    "object",
    "canvas",
    "audio",
    "video",
    "select",
    "datalist",
    "head",
}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "li", "main", "nav",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "h1", "h2",
    "h3", "h4", "h5", "h6",
}  # fmt: skip
ENDS_BEFORE = {  # an opening tag that ends an open element of these kinds, which HTML lets authors leave unclosed
    "li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "tr": {"tr", "td", "th"}, "td": {"td", "th"},
    "th": {"td", "th"},
    "tbody": {"tr", "td", "th", "thead"},
}  # fmt: skip
IMPLIED_END_BOUNDARIES = {"table", "ul", "ol", "body", "html"}  # what an implied end never reaches beyond
MAX_LIST_LEVELS = 8
BREAK = "\0"  # what <br> is until the paragraph ends; line ends of the source are spaces

_hiding = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)|(?:left|top|right|text-indent|margin-left)\s*:\s*-\d{3,}"
    r"|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%|max-height\s*:\s*0(?:px)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_colour = re.compile(r"(?:^|;)\s*color\s*:\s*([^;!]+)", re.IGNORECASE)
_background = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_rule = re.compile(r"([^{}@]+)\{([^{}]*)\}")
_simple_selector = re.compile(r"^[a-z0-9]*[.#][\w-]+$", re.IGNORECASE)
WHITE = {"#fff", "#ffffff", "white", "rgb(255,255,255)", "rgba(255,255,255,1)"}


def read_html(text: str) -> DocumentDraft:
    reader = HtmlReader()
    reader.feed(text.replace(BREAK, ""))
    reader.close()
    return reader.finished()


class _Table:
    def __init__(self) -> None:
        self.rows: list[list[list[DocumentElement]]] = []
        self.has_header = False


class HtmlReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._no_comment_ends_in: str | None = None
        self.draft = DocumentDraft()
        self._pieces: list[DocumentElement] = self.draft.pieces  # type: ignore[assignment]
        self._words: list[str] = []
        self._open: list[tuple[str, bool, str]] = []  # element, whether it began something hidden, its background
        self._counts: Counter[str] = Counter()
        self._hidden = 0
        self._skipped = 0
        self._kind, self._level = "paragraph", 0
        self._lists: list[list[int | None]] = []  # per open list the next number, or None
        self._tables: list[_Table] = []
        self._outer: list[list[DocumentElement]] = []
        self._pre = 0
        self._in_title = False
        self._title = ""
        self._style: list[str] = []
        self._hiding_selectors: set[str] = set()

    def close(self) -> None:
        """What never ends is text. Python's parser looks for the end of each part through the rest of the text, so that 95 kB of
        "<div" or "<!--" took it seconds, and a megabyte minutes: after the last ">" nothing can end, and a comment for which
        there is no end has none further on."""
        end = self.rawdata.rfind(">") + 1
        self.rawdata = self.rawdata[:end] + self.rawdata[end:].replace("<", "&lt;")
        super().close()

    def parse_comment(self, i: int, report: bool = True) -> int:
        if self._no_comment_ends_in is self.rawdata:
            return -1
        end = super().parse_comment(i, report)
        if end < 0:
            self._no_comment_ends_in = self.rawdata
        return end

    def finished(self) -> DocumentDraft:
        self._flush()
        while self._tables:
            self._end_table()
        self.draft.title = one_line(self._title)
        return self.draft

    # --- events

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._note_meta(tag, attributes)
        if tag in VOID:
            self._void(tag)
            return
        self._end_implied(tag)
        paper = _paper(attributes) or (self._open[-1][2] if self._open else "")
        hides = tag in SKIPPED or self._is_hidden(tag, attributes, paper)
        if tag in BLOCKS and not self._skipped and not self._hidden:
            self._flush()
        self._open.append((tag, hides, paper))
        self._counts[tag] += 1
        if tag == "title" and not self._title and self._counts["svg"] == 0:
            self._in_title = True
        if hides and tag in SKIPPED:
            self._skipped += 1
        elif hides:
            self._hidden += 1
        if not self._skipped and not self._hidden:
            self._begin(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID and tag in {"svg", "iframe", "canvas", "template", "object"}:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._counts[tag]:
            if tag == "p":
                self._flush()
            return
        while self._open:
            name, hides, _ = self._open.pop()
            self._counts[name] -= 1
            self._close(name, hides)
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._title += data[:300]
        elif self._counts["style"] and len(self._style) < 2000:
            self._style.append(data)
        elif self._hidden and not self._skipped:
            if data.strip():
                self.draft.warn_hidden()
        elif not self._skipped:
            self._words.append(data)

    # --- what is hidden

    def _is_hidden(self, tag: str, attributes: dict[str, str], paper: str) -> bool:
        if "hidden" in attributes and attributes["hidden"] != "until-found":
            return True
        style = attributes.get("style", "")
        if style and (_hiding.search(style) or _invisible_ink(style, paper)):
            return True
        if self._hiding_selectors:
            names = ["." + name for name in attributes.get("class", "").split()] + ["#" + attributes.get("id", "")]
            return any(name in self._hiding_selectors or tag + name in self._hiding_selectors for name in names)
        return False

    def _learn_style(self) -> None:
        for selectors, rules in _rule.findall(re.sub(r"/\*.*?\*/", "", "".join(self._style), flags=re.DOTALL)):
            if _hiding.search(rules) or _invisible_ink(rules, _paper({"style": rules}) or "unknown"):
                simple = (selector.strip() for selector in selectors.split(","))
                self._hiding_selectors.update(selector for selector in simple if _simple_selector.match(selector))
        self._style.clear()

    @property
    def hiding(self) -> bool:
        """An element that hides what follows is still open."""
        return bool(self._hidden or self._skipped)

    def _note_meta(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "meta":
            name, content = (
                attributes.get("name", attributes.get("property", "")).lower(),
                attributes.get("content", ""),
            )
            if name in {"author", "dc.creator", "article:author"}:
                self.draft.author = self.draft.author or content
            if name in {"date", "dc.date", "article:published_time", "dcterms.created"}:
                self.draft.created = self.draft.created or iso_date(content)

    # --- structure

    def _void(self, tag: str) -> None:
        if self._skipped or self._hidden:
            return
        if tag == "br":
            self._words.append("\n" if self._pre else BREAK)
        elif tag in BLOCKS:
            self._flush()

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._kind, self._level = "heading", int(tag[1])
        elif tag in {"ul", "ol", "menu"}:
            start = attributes.get("start", "1")
            self._lists.append([int(start) if start.isdigit() and len(start) < 6 else 1] if tag == "ol" else [None])
        elif tag == "li":
            self._kind, self._level = "list_item", min(max(0, len(self._lists) - 1), MAX_LIST_LEVELS)
            if self._lists and (number := self._lists[-1][0]) is not None:
                self._words.append(f"{number}. ")
                self._lists[-1][0] = number + 1
        elif tag == "pre":
            self._pre += 1
            self._kind = "code"
        elif tag == "table":
            self._outer.append(self._pieces)
            self._tables.append(_Table())
        elif tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif tag in {"td", "th"} and self._tables:
            if not self._tables[-1].rows:
                self._tables[-1].rows.append([])
            self._pieces = []
            self._tables[-1].rows[-1].append(self._pieces)
            self._tables[-1].has_header |= tag == "th"

    def _close(self, tag: str, hides: bool) -> None:
        if tag == "title":
            self._in_title = False
        if tag == "style":
            self._learn_style()
        if hides:
            if tag in SKIPPED:
                self._skipped -= 1
            else:
                self._hidden -= 1
            return
        if self._skipped or self._hidden:
            return
        if tag in BLOCKS:
            self._flush()
        if tag in {"ul", "ol", "menu"} and self._lists:
            self._lists.pop()
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag in {"td", "th"} and self._tables:
            self._pieces = self._outer[-1]  # what stands in a table but in no cell goes before it, as in a browser
        elif tag == "table" and self._tables:
            self._end_table()

    def _end_implied(self, tag: str) -> None:
        """Closes `p` before a block and the like; never out of the enclosing table or list."""
        if tag in BLOCKS and tag != "html" and self._counts["head"]:
            self.handle_endtag("head")
        if tag in BLOCKS and self._counts["p"] and self._open and self._open[-1][0] == "p":
            self.handle_endtag("p")
        for ends in ENDS_BEFORE.get(tag, ()):
            if not self._counts[ends]:
                continue
            for name, *_ in reversed(self._open[-40:]):
                if name == ends:
                    self.handle_endtag(ends)
                    break
                if name in IMPLIED_END_BOUNDARIES:
                    break

    def _flush(self) -> None:
        raw = "".join(self._words)
        self._words.clear()
        if self._kind == "code" and self._pre:
            content = raw
        else:
            content = "\n".join(" ".join(line.split()) for line in raw.split(BREAK))
        if content.strip():
            self._pieces.append(DocumentElement(self._kind, content, self._level))
            if self._kind == "list_item":  # a second paragraph of the same item is no item of its own
                self._kind, self._level = "paragraph", 0
        if self._kind != "code" or not self._pre:
            self._kind, self._level = "paragraph", 0

    def _end_table(self) -> None:
        self._flush()
        ended, outer = self._tables.pop(), self._outer.pop()
        outer += table_of_pieces(ended.rows, has_header=ended.has_header or len(ended.rows) > 1)
        self._pieces = outer


def _paper(attributes: dict[str, str]) -> str:
    found = _background.search(attributes.get("style", ""))
    return re.sub(r"\s", "", found.group(1) if found else attributes.get("bgcolor", "")).lower()


def _invisible_ink(style: str, paper: str) -> bool:
    """Letters in the colour of what they stand on; a page is white where nobody says otherwise."""
    colour = _colour.search(style)
    ink = re.sub(r"\s", "", colour.group(1)).lower() if colour else ""
    return bool(ink) and (ink in {paper, "transparent"} or (ink in WHITE and (not paper or paper in WHITE)))


def iso_date(value: str) -> str:
    match = re.match(r"\s*(\d{4}-\d{2}-\d{2})", value)
    return match.group(1) if match else ""
