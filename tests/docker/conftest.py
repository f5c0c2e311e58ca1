from __future__ import annotations

import pytest

from tests.docker import manifests


@pytest.fixture(params=manifests.OVERLAYS)
def overlay(request) -> str:
    return request.param


@pytest.fixture
def rendered(overlay) -> manifests.Rendered:
    return manifests.render(overlay)
