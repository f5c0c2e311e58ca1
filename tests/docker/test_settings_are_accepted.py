"""The settings that compose and each overlay hand over are ones with which production starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml

from tests.docker.image import REPOSITORY
from tests.docker.manifests import OVERLAYS, render

pytestmark = pytest.mark.timeout(300)
APP_SECRET = {
    "SECRET_KEY": "s" * 43,
    "PORTAL_ENCRYPTION_KEY": "e" * 43,
    "PORTAL_SIGNING_KEY": "k" * 43,
    "DATABASE_URL": "postgresql://portal_app:pw@db.example:5432/portal",
    "REDIS_URL": "redis://:pw@redis.example:6379/0",
    "WEAVIATE_API_KEY": "w" * 43,
}
ASK = """
import json
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in (
    "ALLOWED_HOSTS", "PORTAL_URL", "VECTOR_STORE", "WEAVIATE_URL", "CELERY_BROKER_URL", "SESSION_COOKIE_SECURE",
    "CSRF_TRUSTED_ORIGINS", "UPLOAD_LIMIT")} | {"engine": settings.DATABASES["default"]["ENGINE"]}))
"""


def production(environment: dict[str, str], tmp_path) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=REPOSITORY, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "PORTAL_DATA_DIR": str(tmp_path)} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == [], "no key was made"
    return json.loads(done.stdout)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlays_settings(overlay, tmp_path):
    rendered = render(overlay)
    (config,) = rendered.of("ConfigMap")
    settings = production(config["data"] | APP_SECRET, tmp_path)
    assert settings["engine"] == "django.db.backends.postgresql"
    assert settings["CELERY_BROKER_URL"].startswith("redis://")
    assert settings["VECTOR_STORE"] == "weaviate"
    assert settings["SESSION_COOKIE_SECURE"] is True
    hosts = {rule["host"] for ingress in rendered.of("Ingress") for rule in ingress["spec"]["rules"]}
    assert hosts <= set(settings["ALLOWED_HOSTS"])
    assert {f"https://{host}" for host in hosts} == {settings["PORTAL_URL"]} == set(settings["CSRF_TRUSTED_ORIGINS"])


def test_composes_settings(tmp_path):
    web = yaml.safe_load((REPOSITORY / "docker" / "compose.yaml").read_text())["services"]["web"]
    lines = (REPOSITORY / "docker" / "env.example").read_text().splitlines()
    file = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    given = {
        name: value for name, value in web["environment"].items() if not name.endswith("_FILE") and "${" not in value
    }
    settings = production(file | given | APP_SECRET, tmp_path)
    assert settings["engine"] == "django.db.backends.postgresql"
    assert settings["WEAVIATE_URL"] == "http://weaviate:8080"
    assert {"localhost", "127.0.0.1"} <= set(settings["ALLOWED_HOSTS"])
    assert settings["SESSION_COOKIE_SECURE"] is False, "it is looked at without TLS first"


@pytest.mark.parametrize("file", ["env.example", "kubernetes/base/portal.env"])
def test_no_file_of_settings_holds_a_secret(file):
    lines = (REPOSITORY / "docker" / file).read_text().splitlines()
    names = {line.split("=")[0] for line in lines if "=" in line and not line.startswith("#")}
    assert not names & {
        *APP_SECRET,
        "DATABASE_OWNER_URL",
        "DATABASE_ADMIN_URL",
        "OPENAI_API_KEY",
        "EMAIL_HOST_PASSWORD",
    }
