"""The sweeper, as beat and people call it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from tests.compliance.clients import api_as
from tests.wallets.holds import PATH, figures, let_expire, reserve
from tests.wallets.scene import Scene, nothing_recorded
from walletsite.celery import app


def said() -> str:
    output = StringIO()
    call_command("expire_holds", stdout=output)
    return output.getvalue()


def test_the_command_says_how_many(scene: Scene) -> None:
    holds = [reserve(scene.cast.alice, scene.alices, "10", key=str(number)) for number in range(3)]
    for hold in holds[:2]:
        let_expire(hold)
    assert said() == "2 holds recorded as expired.\n"
    assert figures(scene.alices) == (90, 10, 0)
    shown = api_as(scene.cast.alice).get(f"{PATH}?order=desc").json()["data"]
    assert [hold["status"] for hold in shown] == ["ACTIVE", "EXPIRED", "EXPIRED"]
    assert shown[1]["released_amount"] == "10.00"
    with nothing_recorded():
        assert said() == "0 holds recorded as expired.\n"


def test_beat_calls_it(scene: Scene) -> None:
    (entry,) = (entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"] == "ledger.expire_holds")
    assert entry["schedule"] == timedelta(seconds=30)
    let_expire(reserve(scene.cast.alice, scene.alices))
    import_string("ledger.tasks.expire_holds_task")()
    assert "ledger.expire_holds" in app.tasks
    assert figures(scene.alices) == (100, 0, 0)
