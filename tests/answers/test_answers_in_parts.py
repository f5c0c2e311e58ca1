"""A question that asks for several things: the first sentence answers, then each part has its label and its proof."""

from __future__ import annotations

import asyncio
import re

import pytest

from answers.answer_models.extractive import compose
from answers.grounding.sentence_stream import GroundedStream, NotCovered, PartMarker, Statement, TextPiece
from answers.models import Answer, State
from answers.question.analysis import read
from answers.question.parts import parts
from tests.answers.passages import passage

LEAVE = passage(
    "The notice period is two months, three after five years. During probation it is two weeks.\n"
    "Garden leave is approved by the head of the People team.",
    "Leaving",
)
QUESTION = "What is the notice period, and who approves garden leave?"
WRITTEN = (
    "The notice period is two months. [P1]\n[PART 1] It is three months after five years. [P1] "
    "During probation it is two weeks. [P1]\n[PART 2]: Garden leave is approved by the head of the People team. [P1]"
)
HANDBOOK = "How many days a week may I work from home, and how soon must lost equipment be reported?"
HALF = "How many days a week may I work from home, and what is the colour of the company's parrot?"
DAYS, SOON = "How many days a week…", "How soon must lost equipment…"
BY_MODEL = (
    "fixed:Office staff may work from home up to three days a week, from the first day of employment. [P1]\n"
    "[PART 1] Wednesday is the common office day. [P1]\n"
    "[PART 2] Lost equipment must be reported to the service desk within 24 hours. [P1]"
)


# While it is being read


def stream(text: str, size: int, question: str = QUESTION) -> tuple[GroundedStream, list]:
    reading = GroundedStream([LEAVE], parts(question))
    events = [event for at in range(0, len(text), size) for event in reading.feed(text[at : at + size])]
    return reading, events + reading.finish()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_marks_become_labels_however_the_text_is_cut(size):
    reading, events = stream(WRITTEN, size)
    assert reading.text == (
        "The notice period is two months.\nIt is three months after five years. During probation it is two weeks.\n"
        "Garden leave is approved by the head of the People team."
    )
    assert "".join(event.text for event in events if isinstance(event, TextPiece)) == reading.text
    assert [each.label for each in reading.statements] == [
        "",
        "Notice period",
        "Notice period",
        "Who approves garden leave",
    ]
    assert all(reading.text[each.start : each.end] == each.text for each in reading.statements)
    assert reading.statements[-1].supported


def test_a_part_begins_after_the_words_before_it_and_before_its_own():
    _, events = stream("Two months [PART 2] Garden leave is", 1000)
    assert [type(event) for event in events] == [TextPiece, Statement, PartMarker, TextPiece, Statement]
    assert [event.label for event in events if isinstance(event, Statement)] == ["", "Who approves garden leave"]


def test_a_label_is_never_what_a_model_writes():
    reading, events = stream("[PART 2: The CEO pays 5,000 EUR] Garden leave is approved. [P1]", 4)
    assert reading.text == "Garden leave is approved."
    assert "5,000" not in str(events)


def test_a_part_without_an_answer_is_told_by_its_name():
    reading, events = stream("The notice period is two months. [P1]\n[PART 2] [NONE]", 5)
    assert NotCovered("who approves garden leave") in events
    assert reading.not_covered == ["who approves garden leave"]


@pytest.mark.parametrize("mark", ["[PART 0]", "[PART 3]", "[part 99]"])
def test_a_part_that_was_not_asked_for_is_none(mark):
    reading, _ = stream(f"[PART 1] It is two weeks. {mark} Garden leave is approved.", 3)
    assert [each.label for each in reading.statements] == ["Notice period", ""]
    assert "ART" not in reading.text


@pytest.mark.parametrize("broken", ["[", "[P", "[PA", "[PART", "[PART 2", "[PART 2]"])
def test_an_answer_that_breaks_off_in_a_mark_shows_nothing_of_it(broken):
    reading, _ = stream(f"The notice period is two months. [P1] {broken}", 2)
    assert reading.text == "The notice period is two months."


def test_a_question_for_one_thing_has_no_parts_whatever_is_written():
    reading, events = stream(WRITTEN, 6, "What is the notice period?")
    assert {each.label for each in reading.statements} == {""}
    assert {event.part for event in events if isinstance(event, PartMarker)} == {None}


# Made of the documents' own sentences


def test_every_part_gets_its_own_sentences():
    said = compose(read(QUESTION), [LEAVE])
    assert said[0].text == "The notice period is two months, three after five years."
    assert [each.text for each in said if each.part == 2] == [
        "Garden leave is approved by the head of the People team."
    ]


def test_what_is_missing_of_it_is_told_and_not_guessed():
    said = compose(read("What is the notice period, and what is the colour of the company's parrot?"), [LEAVE])
    assert [(each.text, each.part) for each in said if not each.text] == [("", 2)]
    assert {each.part for each in said if each.text} == {0}  # what is left is one answer, which needs no label


def test_a_part_that_leaves_the_subject_out_is_missing_when_its_one_word_is():
    said = compose(read("What is the notice period, and who negotiates it?"), [LEAVE])
    assert [each.part for each in said if not each.text] == [2]


def test_another_language_is_no_reason_to_call_a_part_missing():
    said = compose(read("Wie lange ist die Kündigungsfrist, und wer genehmigt sie?"), [LEAVE])
    assert said
    assert all(each.text for each in said)


def test_a_sentence_that_answers_two_parts_is_said_once():
    said = compose(read("How long is the notice period, and when does the notice period change?"), [LEAVE])
    assert len({each.text for each in said}) == len(said)


# Asked for real


@pytest.fixture
def asked(kept, handbook, alice, ask, shown):
    def go(question: str, **more):
        events = ask(alice, question, **more)
        return events, shown(alice, events)

    return go


def kinds_of(block) -> list[str]:
    return [part.label for part in block.parts]


def test_quotes_are_shown_in_parts(asked):
    events, answer = asked(HANDBOOK)
    assert answer.answer.state == State.ANSWERED
    assert answer.answer.mode == "quotes"
    first, *_, rows = answer.blocks
    assert "three days a week" in first.sentences[0].text
    assert rows.kind == "parts"
    said = {part.label: part.blocks[0].sentences[0] for part in rows.parts}
    assert "24 hours" in said[SOON].text
    assert said[SOON].citations[0].quote in said[SOON].text
    assert {event.data["label"] for event in events if event.kind == "part"} == {DAYS, SOON}


def test_a_model_writes_in_parts_and_every_sentence_is_cited(asked, writes):
    writes(BY_MODEL)
    _, answer = asked(HANDBOOK)
    first, rows = answer.blocks
    assert (first.kind, kinds_of(rows)) == ("first", [DAYS, SOON])
    assert all(sentence.supported for sentence in answer.sentences)
    assert answer.text.splitlines()[-1].endswith("within 24 hours.")


def test_what_a_model_invents_in_a_part_has_no_proof(asked, writes):
    writes(BY_MODEL.replace("24 hours", "90 days"))
    _, answer = asked(HANDBOOK)
    assert [sentence.supported for sentence in answer.sentences] == [True, True, False]


@pytest.mark.parametrize("model", ["", BY_MODEL.split("[PART 1]")[0] + "[PART 2] [NONE]"])
def test_the_part_that_was_not_found_is_named(asked, writes, sign_in, alice, model):
    if model:
        writes(model)
    _, answer = asked(HALF)
    assert answer.answer.state == State.PARTIAL
    assert answer.answer.not_covered == ["the colour of the company's parrot"]
    assert answer.answer.error_message == "Nothing was found about the colour of the company's parrot."
    page = sign_in(alice).get(f"/t/acme/conversations/{answer.answer.conversation_id}/").content.decode()
    assert "<dt>Not covered</dt><dd>The colour of the company&#x27;s parrot.</dd>" in page
    assert "answer-parts" not in page


def test_a_model_that_finds_no_part_refuses(asked, writes):
    writes("fixed:[PART 1] [NONE]\n[PART 2] [NONE]")
    events, answer = asked(HANDBOOK)
    assert events[-1].data["refused"]
    assert answer.closest


def test_the_side_a_model_left_out_belongs_to_no_part(asked, upload, writes):
    upload("security.md", "# Security plan\n\nLost equipment must be reported to the service desk within four hours.")
    writes(BY_MODEL.replace("[PART 1] Wednesday is the common office day. [P1]\n", "").replace("[P1]", ""))
    _, answer = asked("How soon must lost equipment be reported to the service desk, and who is told of it?")
    assert answer.answer.state == State.CONFLICT
    assert "four hours" in answer.sentences[-1].text
    assert answer.sentences[-1].label == ""


def test_the_model_is_given_the_parts_by_number(asked, writes, model_server):
    writes("echo")
    asked(HANDBOOK)
    rules, *_, request = model_server[1].requests[-1]["messages"]
    assert "[PART 2] how soon must lost equipment be reported" in request["content"]
    assert "[PART 1]" in rules["content"]
    asked("How many days a week may I work from home?")
    assert "[PART" not in str(model_server[1].requests[-1]["messages"])


def test_a_follow_up_keeps_its_parts_with_what_it_leaves_out(asked):
    events, _ = asked("What is the daily meal allowance?")
    conversation = events[0].data["conversation_id"]
    _, answer = asked("And what about hotels, and who approves a dearer room?", conversation_id=conversation)
    assert "finance director" in answer.text


def test_the_page_shows_a_label_beside_each_value_and_nothing_a_question_smuggles_in(asked, sign_in, alice):
    _, answer = asked("How many days may I <b>work</b> from home, and how soon must lost equipment be reported?")
    page = sign_in(alice).get(f"/t/acme/conversations/{answer.answer.conversation_id}/").content.decode()
    rows = re.search(r'<dl class="answer-parts">.*?</dl>', page, re.DOTALL)[0]
    assert f"<dt>{SOON}</dt>" in rows
    assert 'class="cite"' in rows
    assert "<b>work" not in page


def test_programs_are_told_which_sentences_are_for_which_part(asked, program_of, alice):
    whole = program_of(alice).post("/ask/", json={"question": HANDBOOK}).json()
    told = {
        part["label"]: [whole["sentences"][place]["text"] for place in part["sentences"]] for part in whole["parts"]
    }
    assert "three days a week" in told[DAYS][0]
    assert "24 hours" in told[SOON][0]
    again = program_of(alice).get(f"/answers/{whole['id']}/").json()
    assert again["parts"] == whole["parts"]
    single = program_of(alice).post("/ask/", json={"question": "How many days a week may I work from home?"}).json()
    assert single["parts"] == []


def test_a_stopped_answer_keeps_its_parts(kept, handbook, alice, writes, shown):
    from answers.live import runner
    from answers.live.follow import follow_run
    from answers.question.question_input import AskRequest
    from answers.runtime.stop_signal import Why

    writes(BY_MODEL.replace("fixed:", "fixed-words-40:"))

    async def stopped():
        run = await runner.start(alice, AskRequest(HANDBOOK))
        events = []
        async for event in follow_run(run):
            events.append(event)
            if event.kind == "part" and event.data["label"] == SOON:
                run.stop.ask(Why.READER)
        await runner.wait_until_saved(run)
        return events

    answer = shown(alice, asyncio.run(stopped()))
    assert answer.answer.state == State.STOPPED
    assert answer.parts[DAYS] == [1]
    assert "24 hours" not in answer.text
    assert answer.answer.not_covered == []  # it was not looked into, which is not the same as not found


def test_an_answer_whose_writer_died_keeps_its_parts(asked, alice, acme):
    from datetime import timedelta

    from django.utils import timezone

    from answers.live.recovery import rescue
    from answers.models import AnswerEvent, Citation, Receipt

    _, before = asked(HANDBOOK)
    answer = Answer.objects.for_tenant(acme).get(pk=before.answer.pk)
    for rows in (Citation, Receipt):
        rows.objects.for_tenant(acme).filter(answer=answer).delete()
    AnswerEvent.objects.for_tenant(acme).filter(answer=answer, kind="done").delete()
    Answer.objects.for_tenant(acme).filter(pk=answer.pk).update(
        state=State.RUNNING, heartbeat_at=timezone.now() - timedelta(minutes=1), sentences=[]
    )
    assert rescue(acme, answer.pk)
    answer.refresh_from_db()
    assert [sentence["label"] for sentence in answer.sentences] == [sentence.label for sentence in before.sentences]


def test_a_colleague_sees_the_parts_of_a_shared_answer(asked, alice, erin, sign_in):
    from answers.conversations import sharing
    from tenants.isolation.scope import in_tenant

    _, answer = asked(HANDBOOK)
    with in_tenant(alice.tenant):
        link = sharing.share(alice, answer.answer.pk)
    page = sign_in(erin).get(f"/t/acme/shared/{link.pk}/")
    assert f"<dt>{SOON}</dt>" in page.content.decode()
