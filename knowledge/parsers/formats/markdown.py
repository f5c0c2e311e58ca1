"""Markdown to pieces, without its marks."""

from __future__ import annotations

import html
import re

from knowledge.parsers.document_builder import DocumentDraft, DocumentElement, one_line, table
from knowledge.parsers.formats.html import HtmlReader, iso_date
from knowledge.parsers.formats.markdown_emphasis import without_emphasis

LONGEST_TAG = 20_000  # characters; what has no end until then is text
CODE_MARK = "\ue000"  # stands for a code span while the rest of a paragraph loses its marks

_front = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_front_line = re.compile(r"^(title|author|date)[ \t]*:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)
_fence = re.compile(r"^ {0,12}(`{3,}|~{3,})")
_atx = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_setext = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_ruler = re.compile(r"^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_delimiters = re.compile(r"^ {0,3}\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+$")
_item = re.compile(r"^([ \t]*)([-*+]|\d{1,9}[.)])(?:[ \t]+(.*)|$)")
_task = re.compile(r"^\[[ xX]\][ \t]+")
_quote = re.compile(r"^ {0,3}> ?")
_html_block = re.compile(
    r"^ {0,3}(?:<(?:!--|/?(?:address|article|aside|blockquote|body|center|details|dialog|div|dl|fieldset|figure"
    r"|footer|form|h[1-6]|head"
    r"|header|hr|html|iframe|li|main|nav|ol|p|pre|script|section|style|summary|svg|table|tbody|td|th|thead|tr|ul|template)\b)"
    r"|<[a-z][^>]*>[ \t]*$)",
    re.IGNORECASE,
)
_definition = re.compile(r"^ {0,3}\[(?!\^)[^\]]+\]:[ \t]*\S+")
_indented = re.compile(r"^(?: {4}|\t)")

# What site generators fill in: commented-out parts go; of other tags the last quoted words stay, which they show.
_comment = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_comment_ends = re.compile(r"\{%-?\s*endcomment\s*-?%\}")
_generated = re.compile(r"\{%-?\s*+[\w-]{1,100}+(?:[^%\"]|\"[^\"]*+\"|%(?!\})){0,1000}+%\}")
_quoted = re.compile(r"\"([^\"]+)\"")
_code_span = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_autolink = re.compile(r"<((?:https?|mailto|ftp)[^<>\s]+|[\w.+-]+@[\w.-]+)>")
_tag = re.compile(r"</?[a-zA-Z][^<>]*>")
_image = re.compile(
    r"!\[(?:[^\[\]]|\[[^\[\]]*\])*\](?:\([^()\s]*(?:\([^()]*\)[^()\s]*)?(?:\s+[\"'(][^\"')]*[\"')])?\)|\[[^\]]*\])"
)
_link = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\](?:\(<?[^()<>]*(?:\([^()]*\)[^()<>]*)?>?\)|\[[^\]]*\])")
_footnote_mark = re.compile(r"\[\^[^\[\]\s]+\]:?")
_escape = re.compile(r"\\([!-/:-@\[-`{-~])")


def read_markdown(text: str) -> DocumentDraft:
    return _MarkdownReader(text).draft


class _MarkdownReader:
    def __init__(self, text: str) -> None:
        self.draft = DocumentDraft()
        text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace(CODE_MARK, "")
        text = _without_comments(self._without_front_matter(text))
        self.lines = text.split("\n")
        self.at = 0
        self.held: list[str] = []
        self.kind, self.level = "paragraph", 0
        self.indents: list[int] = []
        while self.at < len(self.lines):
            self._line(self.lines[self.at])
        self._flush()

    def _without_front_matter(self, text: str) -> str:
        front = _front.match(text)
        if not front:
            return text
        for name, value in _front_line.findall(front.group(1)):
            value = value.strip().strip("\"'")
            setattr(
                self.draft,
                {"date": "created"}.get(name.lower(), name.lower()),
                iso_date(value) if name.lower() == "date" else value,
            )
        return text[front.end() :]

    def _line(self, line: str) -> None:
        while _quote.match(line):
            line = line[_quote.match(line).end() :]  # type: ignore[union-attr]
        if not line.strip():
            self._flush()
            self.at += 1
        elif _fence.match(line):
            self._fenced(line)
        elif heading := _atx.match(line):
            self._flush()
            self._heading(len(heading.group(1)), _without_closing(heading.group(2) or ""))
            self.at += 1
        elif self.held and self.kind == "paragraph" and (under := _setext.match(line)):
            words = " ".join(self.held)
            self.held.clear()
            self._heading(1 if under.group(1)[0] == "=" else 2, words)
            self.at += 1
        elif _ruler.match(line):
            self._flush()
            self.at += 1
        elif "|" in line and self.at + 1 < len(self.lines) and self._is_table(line, self.lines[self.at + 1]):
            self._table(line)
        elif item := _item.match(line):
            self._list_item(item)
            self.at += 1
        elif not self.held and _html_block.match(line):
            self._html()
        elif not self.held and not self.indents and _indented.match(line):
            self._indented_code()
        elif not self.held and _definition.match(line):
            self.at += 1
        else:
            if not self.held and not line.startswith((" ", "\t")):
                self.indents.clear()
            self.held.append(line.strip() + ("\n" if line.endswith("  ") or line.endswith("\\") else ""))
            self.at += 1

    def _heading(self, level: int, words: str) -> None:
        self.indents.clear()
        self.draft.pieces.append(DocumentElement("heading", self._plain(words), level))

    def _flush(self) -> None:
        if self.held:
            self.draft.pieces.append(DocumentElement(self.kind, self._plain(" ".join(self.held)), self.level))
            self.held.clear()
        self.kind, self.level = "paragraph", 0

    def _fenced(self, line: str) -> None:
        self._flush()
        fence = _fence.match(line).group(1)  # type: ignore[union-attr]
        self.at += 1
        code: list[str] = []
        while self.at < len(self.lines) and not re.match(
            rf"^[ >\t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", self.lines[self.at]
        ):
            code.append(self.lines[self.at])
            self.at += 1
        self.at += 1
        self.draft.pieces.append(DocumentElement("code", "\n".join(code)))

    def _indented_code(self) -> None:
        code: list[str] = []
        while self.at < len(self.lines) and (_indented.match(self.lines[self.at]) or not self.lines[self.at].strip()):
            code.append(_indented.sub("", self.lines[self.at]))
            self.at += 1
        self.draft.pieces.append(DocumentElement("code", "\n".join(code)))

    def _list_item(self, item: re.Match[str]) -> None:
        self._flush()
        indent, mark, words = len(item.group(1).expandtabs(4)), item.group(2), item.group(3) or ""
        while self.indents and indent < self.indents[-1]:
            self.indents.pop()
        if not self.indents or indent > self.indents[-1] + 1:
            self.indents.append(indent)
        level = len(self.indents) - 1
        while nested := _item.match(words):  # "- - a" is an item of a list inside a list
            level, mark, words = level + 1, nested.group(2), nested.group(3) or ""
        self.kind, self.level = "list_item", level
        words = _task.sub("", words)
        self.held = [(mark.rstrip(".)") + ". " if mark[0].isdigit() else "") + words] if words else []

    def _is_table(self, line: str, following: str) -> bool:
        return bool(
            "|" in following and _delimiters.match(following) and abs(len(_cells(line)) - len(_cells(following))) <= 1
        )

    def _table(self, line: str) -> None:
        self._flush()
        rows = [_cells(line)]
        self.at += 2
        while self.at < len(self.lines) and "|" in self.lines[self.at] and self.lines[self.at].strip():
            rows.append(_cells(self.lines[self.at]))
            self.at += 1
        self.draft.pieces += table([[self._plain(cell) for cell in row] for row in rows])

    def _html(self) -> None:
        """Up to the next empty line, or to the end of what the block hides."""
        reader, waiting = HtmlReader(), ""
        while self.at < len(self.lines) and (self.lines[self.at].strip() or reader.hiding):
            line = self.lines[self.at].replace("\0", "")
            waiting += line + "\n"
            if ">" in line:  # nothing ends in other lines
                reader.feed(waiting)
                waiting = ""
            if len(reader.rawdata) > LONGEST_TAG:
                reader.close()  # so that it does not look at all of it again with each line
            self.at += 1
        reader.feed(waiting)
        reader.close()
        found = reader.finished()
        for piece in found.pieces:
            if isinstance(piece, DocumentElement):
                piece.text = self._plain(piece.text) if piece.kind != "code" else piece.text
                piece.cells = [self._plain(cell) for cell in piece.cells]
                self.draft.pieces.append(piece)
        self.draft.warnings += [warning for warning in found.warnings if warning not in self.draft.warnings]

    def _plain(self, words: str) -> str:
        spans: list[str] = []

        def keep(match: re.Match[str]) -> str:
            spans.append(match.group(2))
            return CODE_MARK

        words = _code_span.sub(keep, words)
        words = _autolink.sub(r"\1", _generated.sub(_shown, words))
        if _has_tag(words):
            words = self._without_tags(words)
        words = words.replace("<!--", "").replace("-->", "")
        words = _link.sub(r"\1", _image.sub("", words))
        words = _footnote_mark.sub("", words)
        words = html.unescape(_escape.sub(r"\1", without_emphasis(words))).replace("\\\n", "\n")
        for span in spans:
            words = words.replace(CODE_MARK, span, 1)
        return words

    def _without_tags(self, words: str) -> str:
        reader = HtmlReader()
        reader.feed(words.replace("\0", "").replace("\n", "<br>"))
        reader.close()
        found = reader.finished()
        self.draft.warnings += [warning for warning in found.warnings if warning not in self.draft.warnings]
        pieces = (piece for piece in found.pieces if isinstance(piece, DocumentElement))
        return " ".join(piece.text or " ".join(piece.cells) for piece in pieces)


def _without_comments(text: str) -> str:
    """Only up to the last end of one: after it, each beginning would look for its end through the rest of the text."""
    end = max((each.end() for each in _comment_ends.finditer(text)), default=0)
    return _comment.sub("", text[:end]) + text[end:]


def _without_closing(words: str) -> str:
    """The words of a heading, without the marks that may close it."""
    words = words.rstrip(" \t")
    open_words = words.rstrip("#")
    return open_words.rstrip(" \t") if not open_words or open_words[-1] in " \t" else words


def _has_tag(words: str) -> bool:
    comment = words.find("<!--")
    return (comment >= 0 and words.find("-->", comment + 4) >= 0) or _tag.search(words) is not None


def _shown(tag: re.Match[str]) -> str:
    quoted = _quoted.findall(tag.group())
    return quoted[-1] if quoted and not tag.group().startswith(("{% include", "{%- include", "{% alert")) else ""


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [one_line(cell).replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]
