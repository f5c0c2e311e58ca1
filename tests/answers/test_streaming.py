"""Streams over a real connection: left, taken up again, stopped, and read by two at once."""

import json
import threading
import time

import pytest

from answers.models import Answer, State

pytestmark = pytest.mark.usefixtures("kept")

QUESTION = "How many days a week may I work from home?"


def events_of(lines, *, until=None):
    """[(number, kind, data)] of a stream, up to and with the first event of that kind."""
    found, number, kind = [], 0, ""
    for line in lines:
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            found.append((number, kind, json.loads(line[6:])))
            if kind == until:
                break
    return found


def follow(client, answer_id, after=0, **headers):
    with client.stream("GET", f"/answers/{answer_id}/events/", headers={"Last-Event-ID": str(after), **headers}) as got:
        assert got.status_code == 200
        assert got.headers["content-type"].startswith("text/event-stream")
        return events_of(got.iter_lines())


def test_a_closed_tab_loses_nothing_and_nothing_comes_twice(handbook, alice, program_of, writes):
    writes("echo-words-25")
    alice_s = program_of(alice)
    with alice_s.stream("POST", "/ask/", json={"question": QUESTION, "stream": True}) as stream:
        before = events_of(stream.iter_lines(), until="token")
    answer_id = before[0][2]["answer_id"]
    after = follow(alice_s, answer_id, after=before[-1][0])
    assert [number for number, _, _ in before + after] == list(range(1, len(before + after) + 1))
    assert after[-1][1] == "done"
    whole = alice_s.get(f"/answers/{answer_id}/").json()
    assert whole["state"] == State.ANSWERED
    assert whole["answer"] == "".join(data["text"] for _, kind, data in before + after if kind == "token")
    assert follow(alice_s, answer_id) == before + after


def test_two_readers_of_one_answer_read_the_same(handbook, alice, program_of, writes):
    writes("echo-words-25")
    one, two = program_of(alice), program_of(alice)
    with one.stream("POST", "/ask/", json={"question": QUESTION, "stream": True}) as stream:
        lines = stream.iter_lines()
        before = events_of(lines, until="sources")
        read = []
        other = threading.Thread(target=lambda: read.extend(follow(two, before[0][2]["answer_id"])))
        other.start()
        rest = events_of(lines)
        other.join(20)
    assert read == before + rest


def test_stop_over_http(handbook, alice, program_of, writes):
    writes("echo-words-60")
    alice_s, other = program_of(alice), program_of(alice)
    with alice_s.stream("POST", "/ask/", json={"question": QUESTION, "stream": True}) as stream:
        lines = stream.iter_lines()
        before = events_of(lines, until="sentence")
        assert other.post(f"/answers/{before[0][2]['answer_id']}/stop/").status_code == 204
        rest = events_of(lines)
    assert rest[-1][2]["state"] == State.STOPPED
    answer = other.get(f"/answers/{before[0][2]['answer_id']}/").json()
    assert "three days a week" in answer["answer"]
    assert answer["citations"][0]["quote"]


def test_nothing_more_to_come_tells_a_browser_to_stop_asking(handbook, alice, ask, browser_of):
    events = ask(alice, QUESTION)
    answer_id = events[0].data["answer_id"]
    browser, address = browser_of(alice), f"/answers/{answer_id}/events/"
    assert browser.get(address, headers={"Last-Event-ID": str(len(events))}).status_code == 204
    assert browser.get(address, headers={"Last-Event-ID": "not a number"}).status_code == 200


def test_a_stream_of_somebody_else_is_not_there(handbook, alice, bob, mallory, ask, browser_of, program_of):
    answer_id = ask(alice, QUESTION)[0].data["answer_id"]
    for stranger in (bob, mallory):
        assert browser_of(stranger).get(f"/answers/{answer_id}/events/").status_code == 404
        assert program_of(stranger).get(f"/answers/{answer_id}/events/").status_code == 404


def test_what_was_revoked_is_not_in_the_story_when_it_is_told_again(handbook, shelf, alice, erin, ask, program_of):
    from knowledge.permissions import grants

    answer_id = ask(alice, QUESTION)[0].data["answer_id"]
    grants.revoke(shelf, alice, by=erin)
    again = follow(program_of(alice), answer_id)
    assert "three days" not in str(again)
    assert "Working from home" not in str(again)
    assert again[-1][1] == "done"


def test_an_answer_is_written_to_its_end_when_nobody_reads_it(handbook, alice, program_of, writes):
    writes("echo-words-15")
    with program_of(alice).stream("POST", "/ask/", json={"question": QUESTION, "stream": True}) as stream:
        events_of(stream.iter_lines(), until="asked")
    deadline = time.monotonic() + 10
    while Answer.objects.for_tenant(alice.tenant).get().state == State.RUNNING and time.monotonic() < deadline:
        time.sleep(0.1)
    assert Answer.objects.for_tenant(alice.tenant).get().state == State.ANSWERED
