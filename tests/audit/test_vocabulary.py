"""Every action is explained to a compliance officer, and has words on the page."""

from pathlib import Path

import pytest

import audit
from audit.ledger.actions import Action
from audit.trail import action_labels

README = (Path(audit.__file__).parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("action", Action)
def test_every_action_is_explained_to_compliance(action):
    assert f"| `{action}` | " in README


@pytest.mark.parametrize("action", Action)
def test_every_action_has_its_words(action):
    short, sentence = action_labels.WORDS[action]
    assert short
    assert action_labels.story(action, who="Ann", whom="Ben", on="Lease") == sentence.format(
        who="Ann", whom="Ben", on="Lease"
    )


def test_the_list_of_actions_is_in_order_and_names_subject_and_deed():
    names = [action.name for action in Action]
    assert names == sorted(names)
    for action in Action:
        subject, _, deed = action.value.partition(":")
        assert subject
        assert deed
        assert len(action.value) <= 40


def test_an_action_of_a_later_version_is_still_told():
    assert action_labels.what("moon:landed") == "moon:landed"
    assert action_labels.story("moon:landed", who="Ann", whom="", on="") == "Ann: moon:landed"
