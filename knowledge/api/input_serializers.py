"""What the API takes. Ids are looked up by the verbs, with permission; nothing here reads rows."""

from __future__ import annotations

from rest_framework import serializers

from knowledge.library.media_types import KINDS
from knowledge.library.uploads import NEW, VERSION
from knowledge.models import Job
from knowledge.models.grant import Right
from tenants.requests.strict_serializer import ShortList, StrictSerializer

MAX_RESULTS = 100
PRIORITIES = {"person": Job.Priority.PERSON, "import": Job.Priority.BULK}
MAX_OFFSET = 1_000


class CollectionInput(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class CollectionChange(serializers.Serializer):
    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)


class UploadInput(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True, help_text="up to the limit of the portal, 200 MB by default")
    collection = serializers.CharField(help_text="the collection's id, or its name")
    title = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    on_same_name = serializers.ChoiceField(
        choices=[VERSION, NEW],
        required=False,
        default=VERSION,
        help_text="if the collection already has this file name: a new version of that document, or a separate one",
    )
    priority = serializers.ChoiceField(
        choices=list(PRIORITIES),
        required=False,
        default="person",
        help_text="import: part of a bulk import, read after uploads that people wait for",
    )


class BeginInput(serializers.Serializer):
    collection = serializers.CharField(help_text="the collection's id, or its name")
    filename = serializers.CharField(max_length=1_000)
    size = serializers.IntegerField(min_value=0, max_value=10**15, help_text="bytes of the whole file")
    stamp = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="any value that changes when the file changes, such as its modification time: with another "
        "value, the upload starts again from the beginning",
    )


class ReplaceInput(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True)


class DocumentChange(serializers.Serializer):
    title = serializers.CharField(max_length=300, required=False)
    filename = serializers.CharField(max_length=255, required=False)
    author = serializers.CharField(max_length=200, required=False, allow_blank=True)
    dated = serializers.DateField(required=False, allow_null=True)
    reviewed_on = serializers.DateField(required=False, allow_null=True)
    review_due = serializers.DateField(required=False, allow_null=True)
    expires_on = serializers.DateField(required=False, allow_null=True)
    restricted = serializers.BooleanField(required=False)
    superseded_by = serializers.UUIDField(required=False, allow_null=True)
    collection = serializers.UUIDField(required=False, help_text="moves it there")


class GrantInput(serializers.Serializer):
    right = serializers.ChoiceField(choices=[right.value for right in Right])
    person = serializers.CharField(required=False, help_text="a membership's id, or an e-mail address")
    team = serializers.CharField(required=False, help_text="a team's id, or its name")

    def validate(self, attrs: dict) -> dict:
        if bool(attrs.get("person")) == bool(attrs.get("team")):
            raise serializers.ValidationError("Give a person or a team.")
        return attrs


class FiltersInput(StrictSerializer):
    collection = ShortList(child=serializers.UUIDField(), required=False, default=list, max_length=100)
    type = ShortList(child=serializers.ChoiceField(choices=list(KINDS)), required=False, default=list, max_length=20)
    dated_from = serializers.DateField(required=False, allow_null=True, default=None)
    dated_to = serializers.DateField(required=False, allow_null=True, default=None)
    author = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")

    def to_internal_value(self, data):
        """One value may stand for a list of one."""
        if isinstance(data, dict):
            data = {
                key: [value] if key in ("collection", "type") and isinstance(value, str) else value
                for key, value in data.items()
            }
        return super().to_internal_value(data)


class SearchInput(StrictSerializer):
    query = serializers.CharField(max_length=20_000)
    k = serializers.IntegerField(min_value=1, max_value=MAX_RESULTS, required=False, default=10)
    offset = serializers.IntegerField(min_value=0, max_value=MAX_OFFSET, required=False, default=0)
    filters = FiltersInput(required=False)
