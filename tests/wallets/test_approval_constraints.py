"""What the database itself refuses about requests for approval, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError
from django.db.transaction import atomic

from tests.wallets.approving import adjustment, agree, ask, make_office
from wallets.models import Approval, ApprovalRule, ApprovalVote


@pytest.fixture
def done(db: None) -> Approval:
    """One that was approved; another one waits."""
    office = make_office(with_rules=True)
    ask("adjustment.post", office.frida, adjustment(office.scene.charlies))
    return agree(ask("adjustment.post", office.frida, adjustment(office.scene.alices)), office.fiona)


def refused(change: Any) -> bool:
    try:
        with atomic():
            change()
    except DatabaseError:
        return True
    return False


@pytest.mark.parametrize(
    "values",
    [{"status": "PENDING", "decided_at": None}, {"outcome": {}}, {"reason": "Another."}, {"version": 9}],
    ids=["status", "outcome", "reason", "version"],
)
def test_what_was_decided_never_changes(done: Approval, values: dict[str, Any]) -> None:
    assert refused(lambda: Approval.objects.filter(id=done.id).update(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"arguments": {}},
        {"operation": "transaction.reverse"},
        {"amount": 1000},
        {"impact": []},
        {"requested_role": "SYSTEM"},
        {"steps": [{"rule_id": None, "name": "x", "checkers": ["MANAGER"], "needed": 1}]},
        {"target_version": "x"},
        {"status": "APPROVED"},
    ],
    ids=["arguments", "operation", "amount", "impact", "maker", "steps", "version", "no end"],
)
def test_what_was_asked_for_never_changes(done: Approval, values: dict[str, Any]) -> None:
    waiting = Approval.objects.filter(status="PENDING")
    assert waiting.count() == 1
    assert refused(lambda: waiting.update(**values))


def test_what_was_said_stays_said(done: Approval) -> None:
    votes = ApprovalVote.objects.filter(approval=done)
    assert refused(lambda: votes.update(verdict="REJECT"))
    assert refused(lambda: votes.delete())


def test_nothing_is_deleted(done: Approval) -> None:
    assert refused(lambda: Approval.objects.filter(status="PENDING").delete())
    assert refused(lambda: ApprovalRule.objects.all().delete())


@pytest.mark.parametrize(
    "values", [{"needed": 0}, {"needed": 4}, {"checkers": []}, {"checkers": ["EMPLOYEE"]}, {"name": ""}]
)
def test_a_rule_has_to_make_sense(done: Approval, values: dict[str, Any]) -> None:
    rule = ApprovalRule.objects.order_by("id")[:1]
    assert refused(lambda: ApprovalRule.objects.filter(id__in=rule).update(**values))
