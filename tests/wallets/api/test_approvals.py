"""/v1/approvals, and the routes that answer 202 where a company's rules want a second person."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from budgets.models import Budget
from compliance.models import Caller, Role, User
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.approving import Office, adjustment, make_office
from tests.wallets.budgets import set_budget
from tests.wallets.holds import figures, reserve
from tests.wallets.scene import available, book, nothing_moved, problem_of, send, set_status, transfer_body
from wallets.models import Approval, ApprovalRule, Wallet
from wallets.services.approvals import create_default_rules

PATH = "/v1/adjustments"


@pytest.fixture
def office(db: None) -> Office:
    """With the rules that a new company starts with."""
    return make_office(with_rules=True)


@pytest.fixture
def plain(db: None) -> Office:
    """Without any rules."""
    return make_office()


def asked(response: Any) -> dict[str, Any]:
    """The request in a 202."""
    assert response.status_code == 202, response.json()
    approval: dict[str, Any] = response.json()["approval"]
    return approval


def say(who: Caller, word: str, approval: dict[str, Any], **headers: str) -> Any:
    path = f"/v1/approvals/{approval['approval_id']}/{word}"
    return api_as(who).post(path, {"reason": "Looked at it."}, headers=headers)


def approved(who: Caller, approval: dict[str, Any], status: str = "APPROVED") -> dict[str, Any]:
    response = say(who, "approve", approval)
    body: dict[str, Any] = response.json()
    assert (response.status_code, body.get("status")) == (200, status), body
    return body


def pay(office: Office, amount: str = "10") -> str:
    body = transfer_body(office.scene.alices, office.scene.charlies, amount)
    txn_id: str = send(api_as(office.scene.cast.alice), "/v1/transfers", body, key="pay").json()["txn_id"]
    return txn_id


def reverse(who: Caller, txn_id: str, *, key: str = "undo", query: str = "") -> Any:
    path = f"/v1/transactions/{txn_id}/reversals{query}"
    return send(api_as(who), path, {"reason": "Booked twice."}, key=key)


def put_status(who: Caller, wallet: Wallet, status: str, **more: Any) -> Any:
    return api_as(who).put(f"/v1/wallets/{wallet.id}/status", {"status": status, "reason": "A reason.", **more})


# Adjustments, and the list.


def test_an_adjustment_over_http(plain: Office) -> None:
    body = {**adjustment(plain.scene.alices), "reason": "Charged twice."}
    with nothing_moved():
        response = send(api_as(plain.frida), PATH, body)
        approval = asked(response)
        again = send(api_as(plain.frida), PATH, body)
        assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (
            202,
            response.content,
            "true",
        )
        problem_of(send(api_as(plain.frida), PATH, {**body, "amount": "1.00"}), 422, "idempotency.key_reused")
        pending = problem_of(send(api_as(plain.frida), PATH, body, key="key-2"), 409, "approval.pending")
        assert pending["existing_id"] == approval["approval_id"]
        problem_of(send(api_as(plain.frida), PATH, body, key=None), 400, "idempotency.key_missing")
        problem_of(say(plain.frida, "approve", approval), 403, "approval.own")
        problem_of(say(plain.scene.cast.conny, "approve", approval), 403, "auth.forbidden")
        problem_of(say(plain.scene.cast.audrey, "approve", approval), 403, "auth.forbidden")
    done = approved(plain.fiona, approval)
    assert available(plain.scene.alices) == 125
    assert [(vote["voter_id"], vote["verdict"]) for vote in done["votes"]] == [(str(plain.fiona.id), "APPROVE")]
    closed = problem_of(say(plain.fiona, "reject", approval), 409, "approval.closed")
    assert closed["approval_status"] == "APPROVED"
    shown = api_as(plain.scene.cast.audrey).get(f"/v1/approvals/{approval['approval_id']}")
    assert (shown.json(), shown.headers["ETag"]) == (done, '"v2"')


def test_a_refusal_says_which_gate(plain: Office) -> None:
    body = {**adjustment(plain.scene.alices, "100.01", "DEBIT"), "reason": "Charged twice."}
    problem = problem_of(send(api_as(plain.frida), PATH, body), 422, "funds.insufficient")
    assert problem["gates"][0]["shortfall"] == "0.01"


def test_nobody_to_check_it(plain: Office) -> None:
    User.objects.filter(id=plain.fiona.id).update(role=Role.EMPLOYEE)
    body = {**adjustment(plain.scene.alices), "reason": "Charged twice."}
    problem_of(send(api_as(plain.frida), PATH, body), 422, "approval.no_checker")


def test_if_match_is_honoured(plain: Office) -> None:
    approval = asked(send(api_as(plain.frida), PATH, {**adjustment(plain.scene.alices), "reason": "Twice."}))
    problem_of(say(plain.fiona, "approve", approval, **{"If-Match": '"v2"'}), 412, "precondition.failed")
    assert say(plain.fiona, "approve", approval, **{"If-Match": '"v1"'}).status_code == 200


def listed(who: Caller, query: str = "") -> list[str]:
    return [row["approval_id"] for row in api_as(who).get(f"/v1/approvals{query}").json()["data"]]


def test_each_sees_what_concerns_him(office: Office) -> None:
    scene = office.scene
    first = asked(send(api_as(office.frida), PATH, {**adjustment(scene.alices), "reason": "Twice."}))["approval_id"]
    second = asked(send(api_as(office.frida), PATH, {**adjustment(scene.charlies), "reason": "Twice."}, key="k"))[
        "approval_id"
    ]
    for who in (office.frida, office.fiona, scene.cast.conny, scene.cast.audrey, scene.cast.bookings):
        assert listed(who) == [first, second]
    assert listed(scene.cast.bob) == [first]
    assert listed(scene.cast.alice) == listed(scene.cast.charlie) == []
    problem_of(api_as(scene.cast.alice).get(f"/v1/approvals/{first}"), 404, "not_found")
    assert listed(make_office().frida) == []
    assert listed(office.fiona, "?waiting_for_me=true") == [first, second]
    assert listed(office.frida, "?waiting_for_me=true") == listed(scene.cast.bob, "?waiting_for_me=true") == []
    say(office.fiona, "reject", {"approval_id": first})
    assert listed(office.fiona, "?waiting_for_me=true") == [second]
    assert listed(office.fiona, "?status=REJECTED") == [first]
    assert listed(office.fiona, "?operation=transaction.reverse") == []
    assert listed(office.fiona, f"?target_id={scene.charlies.id}") == [second]


def test_the_maker_takes_it_back(plain: Office) -> None:
    approval = asked(send(api_as(plain.frida), PATH, {**adjustment(plain.scene.alices), "reason": "Twice."}))
    problem_of(say(plain.fiona, "withdraw", approval), 403, "auth.forbidden")
    assert say(plain.frida, "withdraw", approval).json()["status"] == "WITHDRAWN"


# Reversals.


def test_without_rules_nothing_is_different(plain: Office) -> None:
    assert reverse(plain.frida, pay(plain)).status_code == 201
    assert not Approval.objects.exists()


def test_a_reversal_by_people_needs_a_second_one(office: Office) -> None:
    txn_id = pay(office)
    with nothing_moved():
        assert reverse(office.frida, txn_id, query="?dry_run=true").json()["would_apply"]
        first = reverse(office.frida, txn_id)
        approval = asked(first)
        assert reverse(office.frida, txn_id).content == first.content
        problem_of(reverse(office.fiona, txn_id), 409, "approval.pending")
    assert approval["impact"] == [
        {"label": "Payer: available", "before": "90.00 EUR", "after": "100.00 EUR"},
        {"label": "Receiver: available", "before": "10.00 EUR", "after": "0.00 EUR"},
    ]
    done = approved(office.fiona, approval)
    assert (available(office.scene.alices), available(office.scene.charlies)) == (100, 0)
    made = api_as(office.frida).get(f"/v1/transactions/{done['outcome']['txn_id']}").json()
    assert (made["type"], made["original_txn_id"]) == ("REVERSAL", txn_id)
    assert reverse(office.frida, txn_id).content == first.content


def test_a_program_reverses_at_once(office: Office) -> None:
    assert reverse(office.scene.cast.bookings, pay(office)).status_code == 201


def test_a_refund_meanwhile_makes_a_reversal_stale(office: Office) -> None:
    txn_id = pay(office)
    approval = asked(reverse(office.frida, txn_id))
    refund = send(api_as(office.frida), f"/v1/transactions/{txn_id}/refunds", {"amount": "1", "reason": "One."})
    assert refund.status_code == 201
    with nothing_moved():
        done = approved(office.fiona, approval, "STALE")
    assert done["outcome"]["code"] == "precondition.failed"


def test_what_cannot_be_reversed_is_refused_at_once(office: Office) -> None:
    txn_id = pay(office)
    assert reverse(office.scene.cast.bookings, txn_id).status_code == 201
    problem_of(reverse(office.frida, txn_id), 422, "transaction.not_reversible")
    problem_of(reverse(office.frida, str(uuid4())), 404, "not_found")


def test_a_row_of_a_batch_cannot_ask(office: Office) -> None:
    rows = [{"idempotency_key": "row-1", "txn_id": pay(office), "reason": "Twice."}]
    frida, path = api_as(office.frida), "/v1/reversals/batch"
    with nothing_moved():
        problem = problem_of(frida.post(path, {"atomic": True, "reversals": rows}), 422, "approval.required")
        (row,) = frida.post(path, {"atomic": False, "reversals": rows}).json()["results"]
    assert (problem["index"], row["status"], row["problem"]["code"]) == (0, "REFUSED", "approval.required")
    (row,) = api_as(office.scene.cast.bookings).post(path, {"atomic": False, "reversals": rows}).json()["results"]
    assert row["status"] == "COMPLETED"


def test_a_row_that_was_posted_before_there_was_a_rule_is_answered_again(plain: Office) -> None:
    rows = [{"idempotency_key": "row-1", "txn_id": pay(plain), "reason": "Twice."}]
    frida, body = api_as(plain.frida), {"atomic": False, "reversals": rows}
    first = frida.post("/v1/reversals/batch", body).json()
    create_default_rules(plain.scene.cast.company)
    assert frida.post("/v1/reversals/batch", body).json() == first


# Releases.


def release(who: Caller, hold: dict[str, Any], reason: str = "The guest left.") -> Any:
    return send(api_as(who), f"/v1/reservations/{hold['reservation_id']}/release", {"reason": reason}, key="free")


def test_a_release_by_people_needs_a_second_one(office: Office) -> None:
    hold = reserve(office.scene.cast.bookings, office.scene.alices)
    problem_of(release(office.frida, hold, ""), 400, "request.validation")
    approval = asked(release(office.frida, hold))
    assert figures(office.scene.alices) == (70, 30, 0)
    approved(office.fiona, approval)
    assert figures(office.scene.alices) == (100, 0, 0)


def test_a_capture_meanwhile_makes_a_release_stale(office: Office) -> None:
    hold = reserve(office.scene.cast.bookings, office.scene.alices)
    approval = asked(release(office.frida, hold))
    capture = {"amount": "10", "final": False}
    path = f"/v1/reservations/{hold['reservation_id']}/capture"
    assert send(api_as(office.scene.cast.bookings), path, capture).status_code == 200
    with nothing_moved():
        approved(office.fiona, approval, "STALE")


def test_the_owner_and_a_program_release_at_once(office: Office) -> None:
    for who, key in ((office.scene.cast.alice, "one"), (office.scene.cast.bookings, "two")):
        hold = reserve(office.scene.cast.bookings, office.scene.alices, key=key)
        answer = send(api_as(who), f"/v1/reservations/{hold['reservation_id']}/release", {}, key=f"free-{key}")
        assert answer.json()["status"] == "RELEASED"


# Budgets.


def change(who: Caller, budget: dict[str, Any], **wanted: Any) -> Any:
    body = {**wanted, "reason": "Agreed."}
    return api_as(who).put(f"/v1/budgets/{budget['budget_id']}", body, headers={"If-Match": "*"})


@pytest.mark.parametrize(
    ("wanted", "is_direct"),
    [
        ({"total_amount": "1599.99"}, True),
        ({"total_amount": "1600.00"}, False),
        ({"total_amount": "10.00"}, True),
        ({"enforcement": "WARN"}, False),
        ({"enforcement": "BLOCK", "total_amount": "601"}, True),
        ({"status": "SUSPENDED"}, False),
        ({"buffer_amount": "1000.00"}, False),
        ({"total_amount": "1500.00", "buffer_percent": 10}, False),
        ({"name": "Trips"}, True),
    ],
)
def test_modes_and_large_raises_need_a_second_person(office: Office, wanted: dict[str, Any], is_direct: bool) -> None:
    budget = set_budget(office.frida, office.scene.alices)
    response = change(office.scene.cast.bob, budget, **wanted)
    assert response.status_code == (200 if is_direct else 202), response.json()
    assert (Budget.objects.get().version == budget["version"]) is not is_direct


def test_a_raise_is_approved_by_finance_or_another_manager(office: Office) -> None:
    budget = set_budget(office.frida, office.scene.alices)
    approval = asked(change(office.scene.cast.bob, budget, total_amount="2000.00", name=budget["name"]))
    assert approval["amount"] == "1400.00"
    assert {"label": "Each period starts with", "before": "600.00 EUR", "after": "2000.00 EUR"} in approval["impact"]
    assert "name" not in approval["arguments"]["change"]
    problem_of(say(office.scene.cast.bob, "approve", approval), 403, "approval.own")
    approved(office.frida, approval)
    shown = api_as(office.frida).get(f"/v1/budgets/{budget['budget_id']}").json()
    assert shown["total_amount"] == "2000.00"


def test_a_change_meanwhile_makes_a_raise_stale(office: Office) -> None:
    budget = set_budget(office.frida, office.scene.alices)
    approval = asked(change(office.scene.cast.bob, budget, total_amount="2000.00"))
    assert change(office.frida, budget, total_amount="700.00").status_code == 200
    assert approved(office.fiona, approval, "STALE")["outcome"]["code"] == "precondition.failed"
    assert Budget.objects.get().amount == 700


def test_a_new_name_is_not_kept_in_a_request(office: Office) -> None:
    budget = set_budget(office.frida, office.scene.alices)
    response = change(office.scene.cast.bob, budget, total_amount="2000.00", name="Mia's trips")
    assert problem_of(response, 400, "request.validation")["errors"][0]["pointer"] == "/name"


def test_more_for_one_period_counts_as_a_raise(office: Office) -> None:
    budget = set_budget(office.frida, office.scene.alices)
    path = f"/v1/budgets/{budget['budget_id']}/adjustments"
    body = {"amount": "1000.00", "reason": "A trade fair."}
    client = api_as(office.scene.cast.bob)
    assert send(client, path, {**body, "amount": "999.99"}, key="small").status_code == 201
    assert send(client, path, {**body, "direction": "LOWER"}, key="less").status_code == 201
    approval = asked(send(client, path, body, key="large"))
    approved(office.frida, approval)
    shown = api_as(office.frida).get(f"/v1/budgets/{budget['budget_id']}").json()
    assert shown["adjustments"] == "999.99"


# Wallets.


def test_what_compliance_froze_is_lifted_by_two(office: Office) -> None:
    alices, conny = office.scene.alices, office.scene.cast.conny
    set_status(alices, "FROZEN", by=conny)
    approval = asked(put_status(office.frida, alices, "ACTIVE"))
    assert approval["impact"] == [{"label": "Status", "before": "FROZEN", "after": "ACTIVE"}]
    problem_of(say(office.fiona, "approve", approval), 403, "auth.forbidden")
    approved(conny, approval)
    assert Wallet.objects.get(id=alices.id).status == "ACTIVE"


def test_what_a_manager_froze_is_lifted_at_once(office: Office) -> None:
    set_status(office.scene.alices, "FROZEN", by=office.scene.cast.bob)
    assert put_status(office.frida, office.scene.alices, "ACTIVE").json()["status"] == "ACTIVE"
    assert put_status(office.frida, office.scene.alices, "ACTIVE").status_code == 200


def test_a_wallet_that_was_lifted_and_frozen_again_makes_it_stale(office: Office) -> None:
    alices, conny = office.scene.alices, office.scene.cast.conny
    set_status(alices, "FROZEN", by=conny)
    approval = asked(put_status(office.frida, alices, "ACTIVE"))
    set_status(alices, "ACTIVE", by=conny)
    set_status(alices, "FROZEN", by=conny)
    approved(conny, approval, "STALE")
    assert Wallet.objects.get(id=alices.id).status == "FROZEN"


def test_a_leaver_is_swept_and_closed_by_two(office: Office) -> None:
    alices = office.scene.alices
    approval = asked(put_status(office.scene.cast.bob, alices, "CLOSED", sweep=True))
    assert (approval["amount"], available(alices)) == ("100.00", 100)
    done = approved(office.frida, approval)
    assert (available(alices), Wallet.objects.get(id=alices.id).status) == (0, "CLOSED")
    swept = api_as(office.frida).get(f"/v1/transactions/{done['outcome']['txn_id']}").json()
    assert (swept["amount"], swept["source_wallet_id"]) == ("100.00", str(alices.id))


def test_a_movement_meanwhile_makes_a_sweep_stale(office: Office) -> None:
    approval = asked(put_status(office.scene.cast.bob, office.scene.alices, "CLOSED", sweep=True))
    book(office.scene.alices, "1", key="late")
    with nothing_moved():
        approved(office.frida, approval, "STALE")


def test_without_rules_a_sweep_is_done_at_once(plain: Office) -> None:
    shown = put_status(plain.scene.cast.bob, plain.scene.alices, "CLOSED", sweep=True).json()
    assert (shown["status"], shown["available"]) == ("CLOSED", "0.00")
    assert put_status(plain.scene.cast.bob, plain.scene.alices, "CLOSED", sweep=True).status_code == 200


def test_what_is_held_stands_in_the_way_of_a_sweep(plain: Office) -> None:
    reserve(plain.scene.cast.bookings, plain.scene.alices)
    with nothing_moved():
        problem = problem_of(
            put_status(plain.scene.cast.bob, plain.scene.alices, "CLOSED", sweep=True), 409, "wallet.not_empty"
        )
    assert problem["blockers"] == [{"bucket": "RESERVED", "amount": "30.00"}]


@pytest.mark.parametrize("who", ["alice", "conny"])
def test_who_may_not_sweep(plain: Office, who: str) -> None:
    with nothing_moved():
        response = put_status(getattr(plain.scene.cast, who), plain.scene.alices, "CLOSED", sweep=True)
    problem_of(response, 403, "auth.forbidden")


def test_only_closing_sweeps(plain: Office) -> None:
    response = put_status(plain.frida, plain.scene.alices, "FROZEN", sweep=True)
    problem_of(response, 400, "request.validation")


# Rules.


def rule_body(**more: Any) -> dict[str, Any]:
    return {
        "name": "Large reversals",
        "operation": "transaction.reverse",
        "blocks": [{"amount_gte": "10.00", "currency": "EUR"}],
        "checkers": ["COMPLIANCE"],
        "reason": "Two departments look at them.",
        **more,
    }


def test_a_rule_counts_once_somebody_else_has_approved_it(plain: Office) -> None:
    approval = asked(send(api_as(plain.frida), "/v1/approval-rules", rule_body()))
    txn_id = pay(plain)
    assert not ApprovalRule.objects.exists()
    approved(plain.fiona, approval)
    (shown,) = api_as(plain.scene.cast.audrey).get("/v1/approval-rules").json()["data"]
    assert (shown["name"], shown["blocks"]) == ("Large reversals", [{"amount_gte": "10", "currency": "EUR"}])
    assert asked(reverse(plain.scene.cast.bookings, txn_id))["steps"][0]["checkers"] == ["COMPLIANCE"]

    off = asked(
        send(api_as(plain.frida), "/v1/approval-rules", rule_body(rule_id=shown["rule_id"], is_active=False), key="2")
    )
    assert {"label": "Is active", "before": "yes", "after": "no"} in off["impact"]
    approved(plain.scene.cast.conny, off)
    assert (ApprovalRule.objects.get().is_active, ApprovalRule.objects.get().version) == (False, 2)


def test_a_rule_that_was_changed_meanwhile_is_not_overwritten(office: Office) -> None:
    first = ApprovalRule.objects.get(name="Reversals")
    wanted = rule_body(rule_id=str(first.id), name="Reversals")
    approval = asked(send(api_as(office.frida), "/v1/approval-rules", wanted))
    ApprovalRule.objects.filter(id=first.id).update(needed=3, version=2)
    approved(office.fiona, approval, "STALE")
    assert ApprovalRule.objects.get(id=first.id).needed == 3


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"blocks": [{"kinds": ["RAISE"]}]}, "/blocks"),
        ({"name": "Closings with sweep"}, "/name"),
        ({"checkers": []}, "/checkers"),
        ({"operation": "wallet.burn"}, "/operation"),
        ({"needed": 4}, "/needed"),
    ],
)
def test_a_rule_that_makes_no_sense(office: Office, wrong: dict[str, Any], pointer: str) -> None:
    problem = problem_of(
        send(api_as(office.frida), "/v1/approval-rules", rule_body(**wrong)), 400, "request.validation"
    )
    assert problem["errors"][0]["pointer"].startswith(pointer)


def test_a_rule_of_another_company_is_not_there(office: Office) -> None:
    foreign = ApprovalRule.objects.filter(company=make_office(with_rules=True).scene.cast.company).first()
    assert foreign is not None
    response = send(api_as(office.frida), "/v1/approval-rules", rule_body(rule_id=str(foreign.id)))
    problem_of(response, 404, "not_found")


def test_whoever_does_not_decide_over_access_sets_no_rule(office: Office) -> None:
    UserFactory(company=office.frida.company, administers_access=True)
    problem_of(send(api_as(office.frida), "/v1/approval-rules", rule_body()), 403, "auth.forbidden")
