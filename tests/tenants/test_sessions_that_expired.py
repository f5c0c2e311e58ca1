"""Rows of sessions do not stay for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from tenants.tasks import forget_sessions


@pytest.mark.django_db
def test_expired_sessions_are_deleted_and_others_stay(alice, sign_in):
    open_one = sign_in(alice).session.session_key
    over = sign_in(alice).session.session_key
    Session.objects.filter(pk=over).update(expire_date=timezone.now() - timedelta(seconds=1))
    forget_sessions()
    assert list(Session.objects.values_list("pk", flat=True)) == [open_one]


def test_it_is_done_every_hour():
    assert settings.CELERY_BEAT_SCHEDULE["forget-sessions"]["task"] == forget_sessions.name
