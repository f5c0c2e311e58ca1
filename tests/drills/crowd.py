"""People of two companies at work: some upload, eight ask and search, and everything that they are answered is kept."""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import httpx

from tests.drills.documents import Source, questions

PAUSE = 0.4  # seconds between what one person does and the next thing
GIVES_UP = 60.0  # seconds after which a client would stop waiting for one answer
AGAIN = 0.5  # seconds before what failed is tried again
FOLLOWED = 90.0  # seconds for which a stream that broke off is taken up again


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    slug: str
    collection: str
    editor: str
    readers: list[dict]
    mark: str = ""

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}


@dataclass(frozen=True, slots=True)
class Met:
    """What one request met. `status` 0: the connection ended without an answer."""

    what: str  # upload, search, ask, stream, page
    at: float
    took: float
    status: int
    said: str = ""  # a problem's code, or how the connection ended
    clear: bool = True  # an error says in a form that a program or a person understands what happened
    company: str = ""
    ended: float = 0.0  # a stream waits several times

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def useful(self) -> bool:
        """What was asked for, and not an answer that says why there is none."""
        return self.good and self.said not in ("failed", "interrupted")


@dataclass
class Crowd:
    url: str
    companies: list[Company]
    sources: list[Source]
    met: list[Met] = field(default_factory=list)
    uploaded: dict[str, list[str]] = field(default_factory=dict)  # company -> ids of documents, one for each 201
    answered: dict[str, dict[str, str]] = field(default_factory=dict)  # company -> answer -> state as told
    retried: set[str] = field(default_factory=set)  # documents that somebody asked to be read again
    breaches: list[str] = field(default_factory=list)
    own: int = 0  # times that somebody saw their own company's word: or looking for the other's would prove nothing
    over: threading.Event = field(default_factory=threading.Event)
    uploads_over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._uploading = len(self.companies)

    def begin(self) -> None:
        asked = questions()
        for turn, company in enumerate(self.companies):
            self.uploaded[company.slug], self.answered[company.slug] = [], {}
            self._go(self._upload_all, company, self.sources[turn :: len(self.companies)])
            for number, reader in enumerate(company.readers):
                self._go(self._work, company, reader, number, itertools.cycle(asked[number:] + asked[:number]))

    def end(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(FOLLOWED + GIVES_UP)

    def add(self, company: Company, source: Source, filename: str = "") -> str:
        """One more document, as its editor: its id."""
        return self._upload(company, source, filename or source.name)

    def retry(self, company: Company, document: str) -> int:
        """The status that its editor is answered, who asks for another try."""
        self.retried.add(document)
        path = f"{self._api(company)}documents/{document}/retry/"
        return httpx.post(path, headers=company.headers(company.editor), timeout=GIVES_UP).status_code

    # One person

    def _upload_all(self, company: Company, sources: Iterable[Source]) -> None:
        for source in sources:
            if self.over.is_set():
                break
            self._upload(company, source, source.name)
        with self._lock:
            self._uploading -= 1
            if not self._uploading:
                self.uploads_over.set()

    def _upload(self, company: Company, source: Source, name: str) -> str:
        """Sent until it is taken, with the same key, as a program does that must not lose or double a file."""
        form = {"collection": company.collection, "title": f"{company.mark} {name}", "on_same_name": "new"}
        while not self.over.is_set():
            with httpx.Client(
                base_url=self._api(company), headers=company.headers(company.editor), timeout=GIVES_UP
            ) as c:
                answer = self._ask(
                    "upload", company,
                    lambda c=c: c.post(
                        "documents/", data=form, files={"file": (name, source.of(company.mark))},
                        headers={"Idempotency-Key": f"{company.slug}-{name}"},
                    ),
                )  # fmt: skip
            if answer is not None and answer.status_code == 201:
                document = answer.json()["id"]
                with self._lock:
                    self.uploaded[company.slug].append(document)
                return document
            self.over.wait(AGAIN)
        return ""

    def _work(self, company: Company, reader: dict, number: int, asked: Iterable[str]) -> None:
        does = itertools.cycle(
            ("search", "ask", "search", "page") if number == 0 else ("search", "ask", "search", "stream")
        )
        with httpx.Client(headers=company.headers(reader["key"]), base_url=self._api(company), timeout=GIVES_UP) as api:
            pages = self._signed_in(reader) if number == 0 else None
            for what, question in zip(does, asked, strict=False):
                if self.over.wait(PAUSE):
                    break
                if what == "search":
                    self._ask(what, company, lambda q=question: api.post("search/", json={"query": q}))
                elif what == "ask":
                    answer = self._ask(what, company, lambda q=question: api.post("ask/", json={"question": q}))
                    if answer is not None and answer.status_code == 200:
                        self._note_answer(company, answer.json()["id"], answer.json()["state"])
                elif what == "stream":
                    self._stream(company, api, question)
                else:
                    self._ask(what, company, lambda: pages.get(f"/t/{company.slug}/documents/"))
            if pages:
                pages.close()

    def _signed_in(self, reader: dict) -> httpx.Client:
        client = httpx.Client(base_url=self.url, timeout=GIVES_UP, follow_redirects=True)
        form = client.get("/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)[1]
        given = {"email": reader["email"], "password": reader["password"], "csrfmiddlewaretoken": token}
        done = client.post("/sign-in/", data=given, headers={"Referer": f"{self.url}/sign-in/"})
        if "sign-in" in str(done.url):
            raise RuntimeError("A reader of the drill could not sign in.")
        return client

    # One request

    def _ask(self, what: str, company: Company, send: Callable[[], httpx.Response]) -> httpx.Response | None:
        began = time.monotonic()
        try:
            answer = send()
        except httpx.TimeoutException as error:
            said = f"no answer ({type(error).__name__})"
            self._note(company, Met(what, began, time.monotonic() - began, 0, said, False))
            return None
        except httpx.TransportError as error:
            self._note(company, Met(what, began, time.monotonic() - began, 0, type(error).__name__))
            return None
        met = _met(what, began, answer)
        self._note(company, replace(met, said=answer.json()["state"]) if what == "ask" and met.good else met)
        self._look(what, company, answer.text)
        return answer

    def _stream(self, company: Company, api: httpx.Client, question: str) -> None:
        """As a browser follows an answer: when the line breaks it goes on after the last event it saw. What counts as
        waiting is the longest time without any sign of the portal, as a browser shows each."""
        began, last, answer_id, state = time.monotonic(), 0, "", ""
        sign, waited = began, 0.0

        def heard() -> float:
            nonlocal sign, waited
            sign, waited = time.monotonic(), max(waited, time.monotonic() - sign)
            return waited

        while time.monotonic() - began < FOLLOWED:
            try:
                headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
                asking = (
                    api.stream("GET", f"answers/{answer_id}/events/", headers=headers)
                    if answer_id
                    else api.stream("POST", "ask/", json={"question": question, "stream": True}, headers=headers)
                )
                with asking as answer:
                    if answer.status_code != 200:
                        answer.read()
                        self._note(company, replace(_met("stream", began, answer), took=heard()))
                        if not answer_id:
                            return
                        time.sleep(AGAIN)
                        continue
                    for number, kind, data in _events(answer.iter_lines()):
                        last = number or last
                        heard()
                        self._look("stream", company, data)
                        if kind == "asked":
                            answer_id = json.loads(data)["answer_id"]
                        if kind in ("done", "error"):
                            state = json.loads(data).get("state") or "failed"
                            break
            except httpx.TransportError as error:
                clear = not isinstance(error, httpx.TimeoutException)
                self._note(company, Met("stream", began, heard(), 0, type(error).__name__, clear))
                if not answer_id:
                    return  # the question was not taken, and a person would ask it again
            if state:
                self._note(company, Met("stream", began, heard(), 200, state))
                self._note_answer(company, answer_id, state)
                return
            time.sleep(AGAIN)
        self._note(company, Met("stream", began, time.monotonic() - began, 0, "the answer never ended", False))

    # What is kept

    def _note(self, company: Company, met: Met) -> None:
        with self._lock:
            self.met.append(replace(met, company=company.slug, ended=time.monotonic()))

    def _note_answer(self, company: Company, answer_id: str, state: str) -> None:
        with self._lock:
            self.answered[company.slug][answer_id] = state

    def _look(self, what: str, company: Company, text: str) -> None:
        for other in self.companies:
            if other.mark in text:
                if other is company:
                    self.own += 1
                else:
                    with self._lock:
                        self.breaches.append(f"{what} of {company.slug} showed {other.mark}")

    def _api(self, company: Company) -> str:
        return f"{self.url}/t/{company.slug}/api/v1/"

    def _go(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()


def _met(what: str, began: float, answer: httpx.Response) -> Met:
    took = time.monotonic() - began
    if answer.status_code < 400:
        return Met(what, began, took, answer.status_code)
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/problem+json"):
        code = answer.json().get("code", "")
        return Met(what, began, took, answer.status_code, code, bool(code))
    # A page is clear when it is one of ours: it says what happened and what to do.
    clear = kind.startswith("text/html") and "portal" in answer.text.lower() and "Traceback" not in answer.text
    return Met(what, began, took, answer.status_code, "page" if clear else kind, clear)


def _events(lines: Iterable[str]) -> Iterable[tuple[int, str, str]]:
    number, kind, data = 0, "", ""
    for line in lines:
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            data = line[6:]
        elif not line:
            if kind:
                yield number, kind, data
            number, kind, data = 0, "", ""
