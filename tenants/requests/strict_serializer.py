"""Fields of request bodies that are checked more strictly than by DRF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class ShortList(serializers.ListField):
    """A list of which the length is checked first. DRF checks every entry before that: 30,000 wrong ones took 0.7 s."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list):
            self.run_validators(data)  # of the list as a whole: how long it is
        return super().to_internal_value(data)


class StrictSerializer(serializers.Serializer):
    """Refuses fields that it does not have: where one that is left out means "everything", a misspelt filter must not become
    no filter."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name[:40]: ["There is no such field."] for name in unknown[:10]}, code="unknown_field"
                )
        return super().to_internal_value(data)
