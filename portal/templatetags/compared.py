"""The words of a comparison as HTML: a page may show thousands, for which an included template takes 0.1 ms each."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from knowledge.views.viewer.text_comparison import ComparedRun

register = template.Library()
AROUND = {
    "": ("", ""),
    "added": ('<ins><span class="sr-only">added: </span>', '<span class="sr-only"> end of added </span></ins>'),
    "removed": ('<del><span class="sr-only">removed: </span>', '<span class="sr-only"> end of removed </span></del>'),
}


@register.simple_tag
def compared(runs: Sequence[ComparedRun]) -> SafeString:
    """Each run escaped, between the tags of its change."""
    return mark_safe("".join(f"{AROUND[run.change][0]}{escape(run.text)}{AROUND[run.change][1]}" for run in runs))  # noqa: S308
