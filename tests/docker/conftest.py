from __future__ import annotations

import stat

import pytest

from tests.docker import container, manifests


@pytest.fixture(params=manifests.OVERLAYS)
def overlay(request) -> str:
    return request.param


@pytest.fixture
def rendered(overlay) -> manifests.Rendered:
    return manifests.render(overlay)


@pytest.fixture(scope="session")
def image(tmp_path_factory) -> container.Image:
    folder = tmp_path_factory.mktemp("image")
    for each in (folder.parent, folder.parent.parent):  # the account inside passes through
        each.chmod(each.stat().st_mode | stat.S_IXOTH)
    return container.build(folder)
