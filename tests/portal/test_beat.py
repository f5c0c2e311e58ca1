"""What is done by the clock is done though the clock changes."""

import time
from datetime import timedelta

import pytest

from portal.operations.processes.beat_scheduler import Scheduler


@pytest.fixture
def beat(tmp_path, monkeypatch):
    from portal.celery import app

    scheduler = Scheduler(app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    scheduler.setup_schedule()
    scheduler.rung = []
    monkeypatch.setattr(scheduler, "apply_async", lambda entry, **_: scheduler.rung.append(entry.name))
    yield scheduler
    scheduler.close()


def test_everything_in_the_schedule_is_a_task_that_exists(beat):
    from portal.celery import app

    app.loader.import_default_modules()
    wanted = {entry.task for entry in beat.schedule.values() if not entry.task.startswith("celery.")}
    assert "knowledge.tasks.sweep" in wanted
    assert wanted <= set(app.tasks)


def test_a_clock_that_is_set_back_by_an_hour_does_not_stop_the_sweep_for_an_hour(beat, monkeypatch):
    beat.tick()
    for entry in beat.schedule.values():
        entry.last_run_at += timedelta(hours=1)
    beat._heap = None
    assert beat.tick() > 60, "without a jump nothing is due for an hour"
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3_600)
    assert beat.tick() <= 15
