"""Background work carries ids as JSON and nothing else, and is handed out again when its worker dies (safety.md 24)."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from django.conf import settings

from walletsite.celery import app

app.loader.import_default_modules()
OURS = ("ledger.", "compliance.", "budgets.", "wallets.", "walletsite.")
TASKS: dict[str, Any] = {name: task for name, task in app.tasks.items() if name.startswith(OURS)}
PLAIN = {"str", "int", "list[str]"}


def wrong_parameters(run: Any) -> list[str]:
    """Parameters that are no ids, by their names and types."""
    return [
        name
        for name, parameter in inspect.signature(run).parameters.items()
        if not name.endswith(("_id", "_ids")) or str(parameter.annotation) not in PLAIN
    ]


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_carries_only_ids(name: str) -> None:
    assert wrong_parameters(TASKS[name].run) == []


def test_the_rule_can_fail() -> None:
    def bad(amount: str, wallet_id: object, endpoint_id: str) -> None: ...

    assert wrong_parameters(bad) == ["amount", "wallet_id"]


def test_tasks_are_json_and_late_to_be_acknowledged() -> None:
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    for task in TASKS.values():
        assert (task.serializer, task.acks_late, task.reject_on_worker_lost) == ("json", True, True), task.name
        assert task.ignore_result
        assert task.time_limit or settings.CELERY_TASK_TIME_LIMIT


def test_every_scheduled_task_exists_and_is_scheduled_once() -> None:
    scheduled = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert len(set(scheduled)) == len(scheduled)
    assert not set(scheduled) - TASKS.keys()
    assert not [entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry.keys() - {"task", "schedule"}]
