"""What code that a document smuggled into the parser's process could do: nothing but compute and answer."""

from __future__ import annotations

import ast
import errno
import logging
import os
import signal
import stat
import sys

import pytest
from django.conf import settings
from django.core.management import call_command

from knowledge.parsers import confinement, landlock, seccomp
from knowledge.parsers.base import ParseLimits
from knowledge.parsers.client import MAX_IDLE_CHILDREN, Child, ParserChild, confinement_of_a_child
from portal.management.commands import doctor
from portal.observability import health
from tests.knowledge.parsing_files import FORMATS, SENTENCE

PROGRAM = """
import sys
from knowledge.parsers import child

def run(frame, source, limits, replies, recognise):
    names = {"source": source}
    exec(frame["code"], names)
    return {"result": names["result"]}

child.ACTIONS["run"] = run
sys.exit(child.main(sys.argv[1:]))
"""

pytestmark = pytest.mark.skipif(
    not (landlock.version() and seccomp.is_supported()), reason="this platform has no Landlock or no list of calls"
)


class Infected(Child):
    """A parser process that runs what it is told, as one would that a document has taken over."""

    PROGRAM = ("-c", PROGRAM)

    def run(self, code: str, file: int | None = None):
        return self.ask({"do": "run", "code": code}, seconds=20, file=file)["result"]

    def tries(self, statement: str, file: int | None = None) -> str:
        """ "done", or the name of the error."""
        lines = "\n".join(f"    {line}" for line in statement.splitlines())
        return self.run(
            f"import errno, os\ntry:\n{lines}\n    result = 'done'\n"
            "except OSError as error:\n    result = errno.errorcode[error.errno]",
            file,
        )


@pytest.fixture(scope="module")
def infected():
    child = Infected(ParseLimits())
    yield child
    child.close(immediately=True)


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    path = tmp_path_factory.mktemp("documents") / "a.md"
    FORMATS["a.md"](path)
    return path


def test_every_measure_is_taken_here():
    assert confinement_of_a_child() == {}


def test_the_process_that_recognises_text_in_pictures_is_confined_as_well():
    child = Child(ParseLimits(), ocr=True)
    try:
        assert child.ask({"do": "confinement"}, seconds=60)["not_taken"] == {}
    finally:
        child.close(immediately=True)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"])
def test_it_opens_no_socket(infected, family):
    assert infected.tries(f"import socket\nsocket.socket(socket.{family}, socket.SOCK_DGRAM)") == "EPERM"


def test_it_reaches_the_network_by_no_other_way(infected):
    pair = "import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    for use in ("a.connect('/dev/log')", "a.bind('/tmp/confine')", "a.sendto(b'x', '/dev/log')", "a.send(b'x')"):
        assert infected.tries(pair + use) == "EPERM", "the two ends of a pair reach nobody else"
    assert infected.tries("import socket\nsocket.socketpair(socket.AF_TIPC)") == "EPERM"
    assert infected.tries("import socket\nsocket.create_connection(('127.0.0.1', 80))") == "EPERM"
    ring = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nresult = [libc.syscall(425, 8, 0), ctypes.get_errno()]"
    assert infected.run(ring) == [-1, errno.EPERM], "io_uring makes calls that no filter sees"
    assert infected.tries("import socket\nsocket.socket(fileno=os.dup(0)).connect('/run/any')") == "EPERM"


def test_it_reads_neither_keys_nor_documents_nor_the_database(infected, tmp_path):
    for name in ("secret.key", "portal.sqlite3"):
        (tmp_path / name).write_text("not for a parser")
        assert infected.tries(f"open({str(tmp_path / name)!r}).read()") == "EACCES"
    for place in (settings.DATA_DIR, settings.BASE_DIR, tmp_path, "/", "/root", "/proc", "/run/secrets", "/var"):
        assert infected.tries(f"os.listdir({str(place)!r})") in {"EACCES", "ENOENT"}
    for place in (
        settings.BASE_DIR / "portal" / "urls.py",
        settings.BASE_DIR / "manage.py",
        "/etc/passwd",
        "/etc/hosts",
    ):
        assert infected.tries(f"open({str(place)!r}).read()") == "EACCES"


def test_it_reads_neither_environment_nor_memory_of_the_parent(infected):
    for name in ("environ", "mem", "maps", "cmdline", "fd", "root/etc/passwd", f"task/{os.getpid()}/environ"):
        assert infected.tries(f"os.open('/proc/{os.getpid()}/{name}', os.O_RDONLY)") == "EACCES"
    attach = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nresult = [libc.ptrace(16, {0}, 0, 0), ctypes.get_errno()]"
    assert infected.run(attach.format(os.getpid())) == [-1, errno.EPERM]


def test_it_knows_none_of_our_settings(infected, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not-for-the-child")
    child = Infected(ParseLimits())
    try:
        told = child.run("import os\nresult = dict(os.environ)")
    finally:
        child.close(immediately=True)
    assert "not-for-the-child" not in told.values()
    assert not [name for name in told if "KEY" in name or "URL" in name or "PASSWORD" in name]


def test_it_writes_nowhere(infected, tmp_path):
    file = tmp_path / "a file of ours"
    file.write_text("as it was")
    (tmp_path / "link").symlink_to(file)
    mode = stat.S_IMODE(file.stat().st_mode)
    place, other = repr(str(file)), repr(str(tmp_path / "other"))
    for statement in (
        *(f"open({place}, {how!r})" for how in ("w", "a", "r+", "x")),
        f"open({other}, 'w')", "open('/tmp/confine-test', 'w')", "open('/dev/shm/confine-test', 'w')",
        "open('/dev/null', 'w')", "import tempfile\ntempfile.TemporaryFile()", f"os.mkdir({other})",
        f"os.symlink('/etc/passwd', {other})", f"os.link({place}, {other})", f"os.rename({place}, {other})",
        f"os.unlink({place})", f"os.truncate({place}, 0)", f"os.chmod({place}, 0o777)", f"os.chown({place}, 1, 1)",
        f"os.utime({place})", f"os.setxattr({place}, 'user.a', b'b')", f"os.mknod({other})", "os.memfd_create('a')",
    ):  # fmt: skip
        assert infected.tries(statement) in {"EPERM", "EACCES", "ENOENT"}, statement
    assert file.read_text() == "as it was"
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a file of ours", "link"]


def test_the_document_itself_is_open_for_reading_only(infected, document):
    before = document.read_bytes()
    with document.open("rb") as file:
        for statement in (
            "os.write(source._descriptor, b'x')", "os.ftruncate(source._descriptor, 0)",
            "os.fchmod(source._descriptor, 0o777)", "os.open(f'/proc/self/fd/{source._descriptor}', os.O_RDWR)",
            "os.open(f'/proc/self/fd/{source._descriptor}', os.O_RDONLY)", "os.utime(source._descriptor)",
        ):  # fmt: skip
            assert infected.tries(statement, file.fileno()) in {"EPERM", "EACCES", "EBADF", "EINVAL"}, statement
        assert infected.run("result = source.read().decode()", file.fileno()) == before.decode()
    assert infected.tries(f"open({str(document)!r}).read()") == "EACCES", "it gets the open file, not its place"


def test_it_starts_no_process_though_threads_go_on(infected):
    for statement in (
        "if not os.fork(): os._exit(0)", "if not os.forkpty()[0]: os._exit(0)",
        "os.posix_spawn('/bin/true', ['true'], {})", "os.execv('/bin/true', ['true'])",
        "import subprocess\nsubprocess.run(['/bin/true'])",
    ):  # fmt: skip
        assert infected.tries(statement) in {"EPERM", "EACCES"}, statement
    threads = (
        "import threading\nresult = []\nthreads = [threading.Thread(target=result.append, args=(i,)) for i in range(4)]\n"
        "[thread.start() for thread in threads]\n[thread.join() for thread in threads]"
    )
    assert sorted(infected.run(threads)) == [0, 1, 2, 3]


def test_it_signals_nobody_but_itself(infected):
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.append("USR1"))
    try:
        for target in ("os.getppid()", str(os.getpid()), "0", "-1", "1"):
            assert infected.tries(f"os.kill({target}, 10)") == "EPERM", target
        assert infected.tries("import signal\nos.pidfd_open(os.getppid())") == "EPERM"
        assert infected.tries("import fcntl\nfcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())") == "EPERM"
        assert infected.tries("import fcntl\nfcntl.ioctl(1, 0x8901, b'1234')") == "ENOTTY"
        assert infected.tries("os.kill(os.getpid(), 0)") == "done"
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == []


def test_it_changes_no_other_process_and_not_the_machine(infected):
    for statement in (
        "import resource\nresource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)", "os.sched_setaffinity(os.getppid(), {0})",
        "os.setuid(0)", "os.chroot('/')", "import socket\nsocket.sethostname('x')", "import time\ntime.clock_settime(0, 0)",
    ):  # fmt: skip
        assert infected.tries(statement) == "EPERM", statement


def test_it_is_limited_and_cannot_lift_the_limits(infected):
    asked = "import resource as r\nresult = [r.getrlimit(n) for n in (r.RLIMIT_FSIZE, r.RLIMIT_CORE, r.RLIMIT_NOFILE, r.RLIMIT_AS)]"
    space = ParseLimits().address_space
    assert infected.run(asked) == [[0, 0], [0, 0], [confinement.OPEN_FILES] * 2, [space, space]]
    lift = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))"
    with pytest.raises(KeyError):  # Python calls it a ValueError, so the whole request fails
        infected.tries(lift)
    assert infected.run("result = open('/proc/self/status').read().split('CapEff:')[1].split()[0]") == "0" * 16


def test_a_child_serves_one_tenant_only(document):
    with ParserChild() as parser:
        pids = []
        for tenant in ("first", "first", "second", "first"):
            assert SENTENCE in parser.parse(document, "a.md", tenant=tenant).text
            pids.append(parser.pid)
        assert pids[0] == pids[1] == pids[3] != pids[2], "each of a few tenants keeps its own"
        for number in range(MAX_IDLE_CHILDREN):
            parser.parse(document, "a.md", tenant=number)
        parser.parse(document, "a.md", tenant="first")
        assert parser.pid not in pids, "no more children stay than that"


def test_what_a_child_prints_is_logged_as_its_words_and_not_without_end(infected, caplog):
    forged = "1970-01-01 ERROR portal: the trail was altered"
    with caplog.at_level(logging.WARNING, "knowledge.parsers.client"):
        infected.run(f"import os\nos.write(2, b'x\\n{forged}\\n\\x1b[2J')\nresult = 1")
        [record] = [each for each in caplog.records if each.name == "knowledge.parsers.client"]
        assert f"\n  | {forged}\n" in record.getMessage()
        assert "\x1b" not in record.getMessage()
        caplog.clear()
        infected.run("import os\nfor _ in range(100): os.write(2, b'y' * 50_000)\nresult = 1")
        assert sum(len(each.getMessage()) for each in caplog.records) < 10_000


def test_only_the_confined_child_is_ever_started_for_documents():
    starters = {"subprocess", "multiprocessing", "pty"}
    found = set()
    for path in (settings.BASE_DIR / "knowledge").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if starters & {name.split(".")[0] for name in names}:
                found.add(path.relative_to(settings.BASE_DIR).as_posix())
    assert found == {"knowledge/parsers/client.py"}


def test_libraries_that_read_documents_stay_out_of_the_portals_own_processes():
    """Outside of knowledge/parsers nothing imports them."""
    libraries = {"pypdfium2", "kreuzberg", "rapidocr_onnxruntime", "PIL", "cv2"}
    found = set()
    for app in ("portal", "answers", "knowledge", "tenants", "audit"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if libraries & {name.split(".")[0] for name in names}:
                    found.add(path.relative_to(settings.BASE_DIR).as_posix())
    assert {path for path in found if not path.startswith("knowledge/parsers/formats/")} == set()


def test_what_a_platform_lacks_is_named(monkeypatch):
    assert confinement.missing_here() == {}
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert list(confinement.missing_here()) == [confinement.FILES]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert set(confinement.missing_here()) == set(confinement.MEASURES) - {confinement.LIMITS}


def test_one_measure_that_is_refused_takes_no_other_away():
    program = PROGRAM.replace(
        "import sys", "import sys\nfrom knowledge.parsers import landlock\nlandlock.version = lambda: 0", 1
    )

    class WithoutLandlock(Infected):
        PROGRAM = ("-c", program)

    child = WithoutLandlock(ParseLimits())
    try:
        assert list(child.ask({"do": "confinement"}, seconds=10)["not_taken"]) == [confinement.FILES]
        assert child.tries("import socket\nsocket.socket()") == "EPERM"
        assert child.tries("open('/tmp/confine-test', 'w')") == "EPERM"
    finally:
        child.close(immediately=True)


@pytest.fixture
def installation(monkeypatch, settings):
    """Everything is there, and nobody has asked yet."""
    monkeypatch.setattr(health, "_checks", {})
    for folder in (settings.QUEUE_DIR / "messages", settings.STORE_DIR, settings.MEDIA_ROOT):
        folder.mkdir(parents=True, exist_ok=True)


@pytest.mark.django_db(transaction=True)
def test_the_doctor_says_what_is_well(installation, capsys):
    call_command("doctor")
    said = capsys.readouterr().out
    for measure in confinement.MEASURES:
        assert f"ok   parser: {measure}\n" in said
    assert "NOT" not in said


@pytest.mark.django_db(transaction=True)
def test_the_doctor_and_the_readiness_page_say_when_a_measure_is_missing(installation, capsys, client, monkeypatch):
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(doctor, "confinement_of_a_child", confinement.missing_here)
    with pytest.raises(SystemExit) as left:
        call_command("doctor")
    assert left.value.code == 2
    assert f"NOT  parser: {confinement.FILES}: the kernel has no Landlock" in capsys.readouterr().out
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert not answer.json()["parts"]["confinement"]["ok"]
    assert "doctor" in answer.json()["parts"]["confinement"]["error"]
    assert "Landlock" not in answer.content.decode(), "a stranger is not told which"
