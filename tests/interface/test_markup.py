"""What the content policy and the drawings ask of every template."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from portal.pages import icons
from tenants import formatting

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "portal/static/portal/js").glob("*.js"))
INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script without a file": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE),
    "a handler attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "something from another host": re.compile(
        r"(?:src|href)\s*=\s*[\"'](?:https?:)?//[^\"']+\.(?:js|css|woff2?|png|svg)", re.I
    ),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_carries_script_or_style_of_its_own(template):
    text = template.read_text()
    assert [name for name, pattern in INLINE.items() if pattern.search(text)] == []


def test_every_icon_that_a_template_names_is_drawn():
    named = {
        (template.name, name)
        for template in TEMPLATES
        for name in re.findall(r"{% icon \"([^\"]+)\"", template.read_text())
    }
    assert {(where, name) for where, name in named if icons.ALIASES.get(name, name) not in icons.drawings()} == set()


@pytest.mark.parametrize("name", sorted(icons.drawings()))
def test_each_drawing_is_well_formed_and_takes_its_colour_from_the_text(name):
    drawing = ElementTree.fromstring(f"<svg>{icons.drawing(name)}</svg>")
    for shape in drawing.iter():
        assert not {"fill", "stroke", "style"} & set(shape.attrib)


def test_every_alias_and_every_state_has_a_drawing():
    assert all(target in icons.drawings() for target in icons.ALIASES.values())
    assert all(glyph == "ring" or icons.drawing(glyph) for glyph, _, _ in formatting.STATES.values())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_evaluate_no_text(script):
    assert not re.search(r"\beval\(|new Function\(|document\.write\(|setTimeout\(\s*[\"']", script.read_text())
