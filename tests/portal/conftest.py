import pytest

from tests.servers.portal_database import own_portal_database

__all__ = ["own_portal_database"]
SECRET = "quokkasaurus"


def silent(_: str) -> None:
    pass


@pytest.fixture
def own_data(settings, tmp_path):
    """What is kept beside the database (known backups, certificates) is this test's own."""
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def company(upload, shelf, erin, alice, olga, mallory):
    """Acme with a document that Alice may read; Globex beside it, to which Alice does not belong."""
    from knowledge.permissions import grants

    upload("secret.md", f"# Secret\n\nThe code word is {SECRET}, and nobody else uses it.")
    grants.give(shelf, "read", alice, by=erin)
    return erin.tenant
