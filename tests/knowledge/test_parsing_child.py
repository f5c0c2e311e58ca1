"""The child process: what a file may cost, and that no file harms the next one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from knowledge.parsers.base import ParseFailed, ParseLimits
from knowledge.parsers.client import ROOT, Child, ParserChild
from tests.knowledge.parsing_files import FORMATS, SENTENCE


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "a.md"
    FORMATS["a.md"](path)
    return path


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_child_stays_warm_between_files(page):
    with ParserChild() as parser:
        parser.parse(page, "a.md")
        first = parser.pid
        parser.parse(page, "a.md")
        assert parser.pid == first
    assert gone(first)


def test_the_child_is_replaced_after_its_number_of_files(page):
    with ParserChild(replace(ParseLimits(), files_per_child=2)) as parser:
        pids = []
        for _ in range(5):
            parser.parse(page, "a.md")
            pids.append(parser.pid)
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]


def test_a_child_that_is_killed_over_a_file_is_a_reason_and_the_next_file_is_read(tmp_path, page):
    canvas = Canvas(str(tmp_path / "a.pdf"))
    for _ in range(300):
        canvas.drawString(72, 700, SENTENCE)
        canvas.showPage()
    canvas.save()
    with ParserChild() as parser:
        parser.parse(page, "a.md")
        with pytest.raises(ParseFailed) as failed:
            parser.parse(tmp_path / "a.pdf", "a.pdf", on_progress=lambda *_: os.kill(parser.pid, signal.SIGKILL))
        assert failed.value.code == "too_large_or_damaged"
        assert SENTENCE in parser.parse(page, "a.md").text


def test_a_child_that_died_while_idle_is_replaced_without_a_word(page):
    with ParserChild() as parser:
        parser.parse(page, "a.md")
        os.kill(parser.pid, signal.SIGKILL)
        time.sleep(0.2)
        assert SENTENCE in parser.parse(page, "a.md").text


def test_a_file_that_takes_too_long_is_given_up(page):
    with ParserChild(replace(ParseLimits(), wall_seconds=0)) as parser:
        with pytest.raises(ParseFailed) as failed:
            parser.parse(page, "a.md")
        assert failed.value.code == "timeout"
        assert parser.pid is None, "its late reply must not be taken for that of the next file"


def test_a_file_that_takes_too_much_processor_time_is_given_up(tmp_path):
    """Many columns in many rows keep any reader busy for longer than a second."""
    (tmp_path / "a.csv").write_text((",".join("x" * 40) + "\n") * 100_000)
    with ParserChild(replace(ParseLimits(), processor_seconds=-1)) as parser, pytest.raises(ParseFailed) as failed:
        parser.parse(tmp_path / "a.csv", "a.csv")
    assert failed.value.code == "too_large_or_damaged"


def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path, page):
    (tmp_path / "a.txt").write_text("word " * 20_000_000)
    with ParserChild(replace(ParseLimits(), address_space=256 * 1024 * 1024)) as parser:
        with pytest.raises(ParseFailed) as failed:
            parser.parse(tmp_path / "a.txt", "a.txt")
        assert failed.value.code == "too_large_or_damaged"
        assert SENTENCE in parser.parse(page, "a.md").text


def test_too_much_text_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("word " * 1000)
    with ParserChild(replace(ParseLimits(), output_characters=4000)) as parser, pytest.raises(ParseFailed) as failed:
        parser.parse(tmp_path / "a.txt", "a.txt")
    assert failed.value.code == "too_large"


def test_a_file_over_the_size_limit_is_refused(tmp_path, page):
    with ParserChild(replace(ParseLimits(), file_bytes=10)) as parser, pytest.raises(ParseFailed) as failed:
        parser.parse(page, "a.md")
    assert failed.value.code == "too_large"


def test_a_stored_file_that_is_missing_is_told(tmp_path):
    with ParserChild() as parser, pytest.raises(ParseFailed) as failed:
        parser.parse(tmp_path / "none.md", "none.md")
    assert failed.value.code == "file_missing"


def test_the_child_leaves_when_its_parent_is_gone(page):
    program = (
        "import sys; from pathlib import Path; from knowledge.parsers.client import ParserChild; parser = ParserChild();"
        "parser.parse(Path(sys.argv[1]), 'a.md'); print(parser.pid, flush=True); import os; os._exit(1)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(page)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    pid = int(ran.stdout)
    deadline = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(pid)


def test_the_child_leaves_when_it_has_nothing_to_do(page):
    child = Child(ParseLimits(), idle=0.5)
    with page.open("rb") as file:
        child.ask({"do": "parse", "filename": "a.md"}, seconds=30, file=file.fileno())
    deadline = time.monotonic() + 10
    while child.alive and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.alive
    child.close()


def test_the_child_knows_none_of_our_secrets(page, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not-for-the-child")
    with ParserChild() as parser:
        parser.parse(page, "a.md")
        environment = Path(f"/proc/{parser.pid}/environ").read_bytes() if sys.platform == "linux" else b""
        assert os.environ["SECRET_KEY"].encode() not in environment


def test_the_child_is_polite(page):
    with ParserChild() as parser:
        parser.parse(page, "a.md")
        assert os.getpriority(os.PRIO_PROCESS, parser.pid) >= ParseLimits().niceness


def test_pages_are_told_as_they_are_read(tmp_path):
    FORMATS["a.pptx"](tmp_path / "a.pptx")
    told = []
    with ParserChild() as parser:
        parser.parse(tmp_path / "a.pptx", "a.pptx", on_progress=lambda page, total: told.append((page, total)))
    assert told[-1] == (2, 2)


def test_a_child_whose_worker_was_killed_leaves_without_a_word(page):
    from knowledge.parsers.child_protocol import limits_to_wire, send_frame

    requests, theirs = socket.socketpair()
    child = subprocess.Popen(
        [sys.executable, "-m", "knowledge.parsers.child", limits_to_wire(ParseLimits())],
        cwd=ROOT, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    theirs.close()
    child.stdout.close()
    with page.open("rb") as file, requests:
        send_frame(requests, {"do": "parse", "filename": "a.md"}, file.fileno())
    assert child.wait(30) == 0
    assert child.stderr.read() == b""
    child.stderr.close()
