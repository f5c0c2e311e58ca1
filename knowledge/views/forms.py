"""What people type about collections and documents."""

from __future__ import annotations

from django import forms
from django.db.models import Q

from knowledge.library.collections import LONGEST_DESCRIPTION, LONGEST_NAME
from knowledge.models import Document
from tenants.models import Membership


def _text(longest: int, **attributes) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input", "maxlength": longest, "autocomplete": "off"} | attributes)


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"class": "input", "type": "date"})


class CollectionForm(forms.Form):
    name = forms.CharField(
        max_length=LONGEST_NAME,
        widget=_text(LONGEST_NAME),
        help_text="For example, Finance and travel.",
        error_messages={"required": "Enter a name."},
    )
    description = forms.CharField(
        max_length=LONGEST_DESCRIPTION,
        required=False,
        widget=_text(LONGEST_DESCRIPTION),
        help_text="One line about what belongs here.",
    )


class DetailsForm(forms.Form):
    """The facts that stand beside a document. Changing them is a verb of knowledge/library/documents.py."""

    title = forms.CharField(max_length=300, widget=_text(300), error_messages={"required": "Enter a title."})
    author = forms.CharField(max_length=200, required=False, widget=_text(200))
    dated = forms.DateField(
        required=False,
        widget=_day(),
        label="In force since",
        help_text="If two documents disagree, the newer one comes first.",
    )
    reviewed_on = forms.DateField(required=False, widget=_day(), label="Reviewed on")
    review_due = forms.DateField(
        required=False, widget=_day(), label="Next review", help_text="Readers are told when it is overdue."
    )
    expires_on = forms.DateField(
        required=False, widget=_day(), label="Expires on", help_text="From this day, it is not used in answers."
    )
    superseded_by = forms.ModelChoiceField(
        queryset=Document.objects.none(),
        required=False,
        label="Replaced by",
        empty_label="Not replaced",
        help_text="Answers use the other document; this one stays readable.",
        widget=forms.Select(attrs={"class": "select"}),
    )

    def __init__(self, *args, member: Membership, document: Document, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        near = Q(collection=document.collection_id) | Q(pk=document.superseded_by_id)
        others = Document.objects.visible_to(member).filter(near).exclude(pk=document.pk)
        self.fields["superseded_by"].queryset = others.order_by("title")

    def clean(self) -> dict:
        given = super().clean()
        reviewed, due = given.get("reviewed_on"), given.get("review_due")
        if reviewed and due and due < reviewed:
            self.add_error("review_due", "The next review is before the last one. Choose a later date.")
        return given


class IndexForm(forms.Form):
    """Another search index. Which models there are is the operator's business."""

    embedder = forms.ChoiceField(label="Model", widget=forms.Select(attrs={"class": "select"}))
    words = forms.IntegerField(
        label="Passage length (words)",
        min_value=40,
        max_value=400,
        widget=forms.NumberInput(attrs={"class": "input"}),
        help_text="The maximum. Short passages are found more precisely; long ones contain more context.",
        error_messages={"required": "Enter the passage length.", "invalid": "Enter a whole number."},
    )
    overlap = forms.IntegerField(
        label="Overlap (words)",
        min_value=0,
        max_value=200,
        widget=forms.NumberInput(attrs={"class": "input"}),
        help_text="Words repeated in the next passage, so that text at the border of two passages is found.",
        error_messages={"required": "Enter 0 for none.", "invalid": "Enter a whole number."},
    )

    def __init__(self, *args, models: list[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["embedder"].choices = models

    def clean(self) -> dict:
        cleaned = super().clean()
        if {"words", "overlap"} <= cleaned.keys() and 2 * cleaned["overlap"] > cleaned["words"]:
            self.add_error("overlap", "The overlap can be at most half of the passage length.")
        return cleaned
