"""Rules in plain words, and that they change by four eyes themselves."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.models import User
from ledger.ids import new_id
from tests.wallets.admin.checking import (
    RULES,
    answer,
    approval_path,
    buttons_on,
    confirm,
    document_path,
    pay,
    submit,
    with_rules,
)
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.scene import Scene, make_scene, nothing_recorded
from wallets.admin.approvals.words import rule_words
from wallets.models import Approval, ApprovalRule

WANTED = {"name": "Large reversals", "operation": "transaction.reverse", "checkers": "COMPLIANCE", "needed": "1"}


@pytest.fixture
def felix(scene: Scene) -> User:
    return with_rules(scene)


@pytest.fixture
def reversals(scene: Scene, felix: User) -> ApprovalRule:
    return ApprovalRule.objects.get(company=scene.cast.company, operation="transaction.reverse")


def rule_path(rule: ApprovalRule, name: str = "change") -> str:
    return f"{RULES}{rule.id}/{name}/"


@pytest.mark.parametrize(
    ("operation", "blocks", "checkers", "needed", "words"),
    [
        (
            "transaction.reverse",
            [{"maker_roles": ["FINANCE", "MANAGER"]}],
            ["FINANCE"],
            1,
            "Reversals by finance or managers need one other person of finance.",
        ),
        ("adjustment.post", [], ["FINANCE"], 2, "Adjustments need two other people of finance."),
        (
            "budget.change",
            [{"kinds": ["MODE"]}, {"kinds": ["RAISE"], "amount_gte": "1000", "currency": "EUR"}],
            ["FINANCE", "MANAGER"],
            1,
            "Changes of what a budget does and raises of budgets of 1000.00 EUR or more need one other person of "
            "finance or the managers.",
        ),
        (
            "wallet.reactivate",
            [{"kinds": ["FROZEN_BY_COMPLIANCE"], "maker_roles": ["COMPLIANCE", "FINANCE", "MANAGER"]}],
            ["COMPLIANCE"],
            1,
            "Reactivations of what compliance froze by staff need one other person of compliance.",
        ),
        (
            "reservation.release",
            [{"sources": ["API"], "currency": "EUR"}],
            ["FINANCE"],
            3,
            "Releases of reservations in EUR over the interface need three other people of finance.",
        ),
    ],
)
def test_a_rule_in_words(
    operation: str, blocks: list[dict[str, Any]], checkers: list[str], needed: int, words: str
) -> None:
    assert rule_words(operation, blocks, checkers, needed) == words


def test_the_list_says_it_in_plain_words(scene: Scene, reversals: ApprovalRule) -> None:
    for user in (scene.cast.frida, scene.cast.conny, scene.cast.audrey):
        text = page(at_desk(user), RULES)
        assert "Reversals by staff need one other person of finance." in text
        assert page(at_desk(user), rule_path(reversals))
    assert at_desk(scene.cast.bob).get(RULES).status_code == 403
    assert at_desk(make_scene().cast.frida).get(rule_path(reversals)).status_code == 404


def test_a_new_rule_counts_when_somebody_else_agrees(scene: Scene, felix: User) -> None:
    client, form = at_desk(scene.cast.frida), {**WANTED, "amount_gte": "5", "rule_id": str(new_id())}
    confirm(client, f"{RULES}new_rule/", **form)
    (text,) = told(client)
    asked = Approval.objects.get()
    assert text.startswith("Sent for approval: it needs one other person of finance or compliance.")
    assert not ApprovalRule.objects.filter(name="Large reversals").exists()
    shown = page(at_desk(felix), approval_path(asked))
    assert "The rule would be: Reversals of 5.00 or more need one other person of compliance." in shown
    answer(felix, asked, "approve")
    made = ApprovalRule.objects.get(name="Large reversals")
    assert (made.blocks, made.checkers, made.needed, made.is_active) == ([{"amount_gte": "5"}], ["COMPLIANCE"], 1, True)
    submit(client, document_path(pay(scene), "reverse"), key=str(new_id()))
    assert len(Approval.objects.latest("created_at").steps) == 2


def test_a_change_begins_with_the_rule_as_it_is(scene: Scene, felix: User) -> None:
    rule = ApprovalRule.objects.get(company=scene.cast.company, operation="budget.change")
    client, path = at_desk(scene.cast.frida), rule_path(rule, "change_rule")
    dialog = page(client, path)
    assert 'value="Modes and large raises of budgets"' in dialog
    assert "It is also about raises of budgets by staff of 1000.00 or more: that stays as it is." in dialog
    form = {"name": rule.name, "operation": rule.operation, "kinds": "MODE", "checkers": "FINANCE", "needed": "1"}
    confirm(client, path, **form, rule_id=str(new_id()))
    answer(felix, Approval.objects.get(target_id=rule.id), "approve")
    before, rule = rule, ApprovalRule.objects.get(id=rule.id)
    assert rule.blocks == [{"kinds": ["MODE"]}, before.blocks[1]]
    assert (rule.checkers, rule.version) == (["FINANCE"], before.version + 1)


def test_a_rule_is_switched_off_and_on_by_two(scene: Scene, felix: User, reversals: ApprovalRule) -> None:
    for button, state in (("switch_off", False), ("switch_on", True)):
        client = at_desk(scene.cast.frida)
        assert "sent for approval" in page(client, rule_path(reversals, button))
        submit(client, rule_path(reversals, button))
        assert "Waiting for approval: " in page(client, rule_path(reversals))
        asked = Approval.objects.get(status="PENDING")
        reversals.refresh_from_db()
        assert reversals.is_active is not state
        answer(felix, asked, "approve")
        reversals.refresh_from_db()
        assert reversals.is_active is state
    assert approval_path(asked) in page(at_desk(scene.cast.audrey), rule_path(reversals))


def test_what_makes_no_sense_is_said_in_the_dialog(scene: Scene, felix: User) -> None:
    client, path = at_desk(scene.cast.frida), f"{RULES}new_rule/"
    faults: tuple[dict[str, Any], ...] = (
        {"kinds": "RAISE"},
        {"name": "Reversals"},
        {"name": ""},
        {"needed": "4"},
        {"checkers": []},
    )
    with nothing_recorded():
        for wrong in faults:
            form = {**WANTED, "rule_id": str(new_id()), **wrong}
            answered = submit(client, path, **form)
            assert "HX-Redirect" not in answered.headers
            assert "What will change" not in answered.content.decode(), wrong
    assert not Approval.objects.exists()


def test_finance_asks_and_others_look(scene: Scene, reversals: ApprovalRule) -> None:
    assert buttons_on(scene.cast.frida, rule_path(reversals)) == {"change_rule", "switch_off"}
    stranger = make_scene().cast.frida
    with nothing_recorded():
        for user in (scene.cast.bob, scene.cast.conny, scene.cast.audrey):
            for path in (rule_path(reversals, "switch_off"), f"{RULES}new_rule/"):
                assert submit(at_desk(user), path).status_code == 403
        for user in (scene.cast.conny, scene.cast.audrey):
            assert buttons_on(user, rule_path(reversals)) == set()
        assert submit(at_desk(stranger), rule_path(reversals, "switch_off")).status_code == 404


def test_the_list_costs_the_same_however_long(scene: Scene, reversals: ApprovalRule) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert at_desk(scene.cast.audrey).get(RULES).status_code == 200
        return len(found)

    few = queries()
    for number in range(5):
        ApprovalRule.objects.create(
            company=scene.cast.company, name=f"More {number}", operation="import.apply", checkers=["FINANCE"]
        )
    assert queries() == few
