"""After the embedding model or the chunking changed, everything is read again and found again."""

import pytest

from knowledge import regenerate
from knowledge.models import Generation, Passage

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_happens_while_nothing_changed(acme, upload):
    upload("travel.md")
    assert regenerate.follow_settings() == 0


def test_a_changed_index_is_made_anew_and_the_former_one_goes(acme, erin, upload, read_all, titles, settings):
    upload("travel.md")
    settings.GENERATION = "another-index"
    assert regenerate.follow_settings() == 1
    read_all()
    assert titles(erin, "meal allowance"), "nothing is found in the new index"
    read_all()  # the store's upkeep comes with the next bell
    assert list(Generation.objects.for_tenant(acme).values_list("name", "is_active")) == [("another-index", True)]
    assert set(Passage.objects.for_tenant(acme).values_list("generation", flat=True)) == {"another-index"}
