"""Request bodies in which a field that is left out means "everything"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer):
    """Refuses fields that it does not have: a misspelt filter must not become no filter."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name[:40]: ["There is no such field."] for name in unknown[:10]}, code="unknown_field"
                )
        return super().to_internal_value(data)
