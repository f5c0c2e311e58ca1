from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge.api.input_serializers import SearchInput
from knowledge.api.serializers import ResultsShape
from knowledge.retrieval.result_page import search_page
from knowledge.retrieval.search import SearchFilters
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView


class Search(MemberAPIView):
    scopes = {"POST": Scope.READ}

    @extend_schema(request=SearchInput, responses=ResultsShape)
    def post(self, request: Request, **_) -> Response:
        """Passages of documents this member may read, by words and by meaning, best first."""
        given = SearchInput(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        narrowed = data.get("filters") or {}
        filters = SearchFilters(
            collections=tuple(narrowed.get("collection", ())),
            types=tuple(narrowed.get("type", ())),
            dated_from=narrowed.get("dated_from"),
            dated_to=narrowed.get("dated_to"),
            author=narrowed.get("author", ""),
        )
        return Response(search_page(self.member, data["query"], k=data["k"], offset=data["offset"], filters=filters))
