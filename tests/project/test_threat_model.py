"""The threat model names tests that exist."""

import re

from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "portal" / "help" / "threat-model.md"


def test_each_test_that_the_threat_model_names_exists():
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE.read_text(encoding="utf-8")))
    assert len(named) > 20
    assert not {name for name in named if not (REPOSITORY / name).is_file()}


def test_each_attack_names_a_test():
    rows = [
        line for line in PAGE.read_text(encoding="utf-8").split("## Attacks")[1].splitlines() if line.startswith("| ")
    ]
    attacks = [row for row in rows if not row.startswith("| Attack")]
    assert len(attacks) > 15
    assert [row for row in attacks if "`tests/" not in row] == []


def test_the_security_page_links_to_it():
    assert "portal/help/threat-model.md" in (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
