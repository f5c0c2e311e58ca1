"""Tests of one group run in one process, so that they share the servers they start. xdist tells its processes so by the
names of the tests; a pytest that keeps names as they are would quietly give each process servers of its own."""

import pytest


@pytest.mark.xdist_group("this")
def test_a_test_of_a_group_carries_its_name(request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("the tests are not distributed by groups")
    assert request.node.nodeid.endswith("@this")
