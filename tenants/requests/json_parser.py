from __future__ import annotations

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from tenants.requests.text_validation import require_storable


class JsonBody(JSONParser):
    """JSON of sane depth: Python's reader calls itself for each level, and gives up with an error of its own.

    Raises `Invalid` for text that cannot be stored (tenants/requests/text_validation.py).
    """

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            value = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        require_storable(value)
        return value
