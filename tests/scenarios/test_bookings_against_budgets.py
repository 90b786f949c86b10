"""Mia travels on 600 a month and 200 a week: what fits, what does not, and what somebody gives her more for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from compliance.models import User
from tests.scenarios.nordwind import Nordwind
from tests.wallets.holds import step
from tests.wallets.incoming import answers_about, broken, outcome_of
from tests.wallets.scene import nothing_recorded

WEEK: dict[str, Any] = {"period_type": "WEEKLY", "thresholds": [50, 80, 100]}
SENTENCE = "Weekly budget has 60.00 EUR left, this needs 90.00. Resets Monday 6 April 00:00 Berlin."


@pytest.fixture
def story(nordwind: Nordwind) -> Nordwind:
    """Mia has 600.00; it is Monday, 30 March, and nothing is spent."""
    nordwind.clock.put("2026-03-30 09:00")
    nordwind.join()
    User.objects.filter(id=nordwind.mia.id).update(team=nordwind.lena.team)
    nordwind.fill("600.00")
    nordwind.set_budget("600")
    nordwind.set_budget("200", **WEEK)
    return nordwind


def test_a_booking_inside_the_budget(story: Nordwind) -> None:
    story.clock.put("2026-03-31 10:00")
    first = story.book("150.00", "hotel-1", hold=True)
    assert outcome_of(first) == ("PROCESSED", "")
    assert story.figures("Weekly budget") == ("0.00", "150.00", "50.00")
    assert story.figures("Monthly budget") == ("0.00", "150.00", "450.00")
    assert story.available() == "450.00"

    # The same booking in another event, and then what is captured of it, twice under one key.
    with nothing_recorded():
        assert outcome_of(story.book("150.00", "hotel-1", hold=True)) == ("PROCESSED", "")
    assert story.figures("Weekly budget") == ("0.00", "150.00", "50.00")
    client = story.as_(story.cast.bookings)
    (hold,) = story.get(story.mia, f"/v1/reservations?wallet_id={story.wallet.id}")["data"]
    captures = [step(client, hold, "capture", key="capture-1", amount="140.00") for _ in range(2)]
    assert [answer.status_code for answer in captures] == [200, 200]
    assert captures[0].content == captures[1].content
    assert captures[0].json()["released_amount"] == "10.00"
    assert story.figures("Weekly budget") == ("140.00", "0.00", "60.00")
    assert story.figures("Monthly budget") == ("140.00", "0.00", "460.00")

    rows = story.get(story.mia, f"/wallets/{story.wallet.id}/transactions")["transactions"]
    assert [(row["type"], row["amount"], row["balance_after"]) for row in rows[:2]] == [
        ("DEBIT", "140.00", "460.00"),
        ("CREDIT", "600.00", "600.00"),
    ]
    # What is held counts: 150 of 200 when it was booked. After the capture it is 70 %, which tells nothing new.
    for _ in range(2):
        (half,) = story.told("BudgetThresholdReached")
        assert half["budget_id"] == story.budgets()["Weekly budget"]["budget_id"]
        assert (half["threshold_percentage"], half["used_amount"], half["total_amount"]) == (50, "150", "200")
    assert not broken()


def test_a_booking_over_the_budget_is_asked_for(story: Nordwind) -> None:
    """Refused, asked for, approved, let through without being sent again; next week the limit is as it was."""
    story.clock.put("2026-03-31 10:00")
    story.book("140.00", "hotel-1")
    refused = story.spend("90.00", "train-1", status=422)
    assert (refused["code"], refused["detail"]) == ("budget.exceeded", f"Refused: {SENTENCE}")
    weekly, monthly = (story.budgets()[name] for name in ("Weekly budget", "Monthly budget"))
    txn_id = refused["txn_id"]
    decision = story.get(story.mia, f"/v1/budget-decisions/{txn_id}")
    gates = {gate["id"]: (gate["ok"], gate["available"], gate["shortfall"]) for gate in decision["gates"]}
    assert gates[weekly["budget_id"]] == (False, "60.00", "30.00")
    assert gates[monthly["budget_id"]] == (True, "460.00", None)
    assert story.available() == "460.00"
    (exceeded,) = story.told("BudgetExceeded")
    assert (exceeded["budget_id"], exceeded["exceeded_amount"], exceeded["txn_id"]) == (
        weekly["budget_id"],
        "30",
        txn_id,
    )

    ask = {"txn_id": txn_id, "kind": "THIS_PERIOD", "amount": "40", "reason": "The customer insists."}
    asked = story.post(story.mia, "/v1/budget-requests", ask)
    assert (asked["status"], asked["retry"], asked["budget_id"]) == ("PENDING", "PARKED", weekly["budget_id"])
    story.post(story.mia, f"/v1/budget-requests/{asked['request_id']}/approve", {"reason": "Yes!"}, status=403)
    path = f"/v1/budget-requests/{asked['request_id']}/approve"
    approved = story.post(story.lena, path, {"reason": "This week only."}, status=200)
    assert (approved["status"], approved["retry"]) == ("APPROVED", "ACCEPTED")
    assert approved["retry_txn_id"] not in (None, txn_id)

    # 200 + 40 − 140 − 90 = 10. The booking service did not have to send anything again.
    assert (story.budgets()["Weekly budget"]["total_amount"], story.figures("Weekly budget")) == (
        "240.00",
        ("230.00", "0.00", "10.00"),
    )
    assert story.available() == "370.00"

    story.clock.put("2026-04-05 23:59")
    assert story.budgets()["Weekly budget"]["total_amount"] == "240.00"
    story.clock.put("2026-04-06 00:01")
    story.spend("1.00", "bus-1")
    assert story.budgets()["Weekly budget"]["total_amount"] == "200.00"
    assert story.figures("Weekly budget") == ("1.00", "0.00", "199.00")
    assert story.figures("Monthly budget") == ("1.00", "0.00", "599.00")
    assert not broken()


def test_a_refused_booking_of_an_event_is_answered_with_every_layer(story: Nordwind) -> None:
    story.clock.put("2026-03-31 10:00")
    story.book("140.00", "hotel-1")
    receipt = story.book("90.00", "train-1")
    assert outcome_of(receipt) == ("PROCESSED", "budget.exceeded")
    (answer,) = answers_about(story.wallet)
    (gate,) = answer.data["gates"]
    assert (gate["gate"], gate["available"], gate["required"], gate["shortfall"]) == ("budget", "60", "90", "30")
    assert gate["resets_at"].startswith("2026-04-05T22:00:00")
    assert story.available() == "460.00"
    assert not broken()


@pytest.mark.parametrize(
    ("refunds_to", "march", "april"),
    [
        ("ORIGIN", ("0.00", "0.00", "600.00"), ("0.00", "0.00", "600.00")),
        ("CURRENT", ("140.00", "0.00", "460.00"), ("-140.00", "0.00", "740.00")),
    ],
)
def test_a_cancellation_in_another_month(
    story: Nordwind, refunds_to: str, march: tuple[str, ...], april: tuple[str, ...]
) -> None:
    id = story.budgets()["Monthly budget"]["budget_id"]
    wanted = {"refunds_to": refunds_to, "reason": "As finance counts it."}
    story.put(story.lena, f"/budgets/{id}", wanted)
    story.clock.put("2026-03-30 12:00")
    story.book("140.00", "hotel-1")
    assert story.periods("Monthly budget") == {"2026-03": ("140.00", "0.00", "460.00")}

    story.clock.put("2026-04-02 12:00")
    assert outcome_of(story.cancel("hotel-1", "140.01")) == ("FAILED", "refund.exceeds_original")
    assert story.available() == "460.00"
    assert "2026-04" not in story.periods("Monthly budget"), "nobody has opened April yet"
    assert outcome_of(story.cancel("hotel-1")) == ("PROCESSED", "")
    assert story.available() == "600.00"
    story.spend("10.00", "bus-1")
    used, reserved, left = april
    assert story.periods("Monthly budget") == {
        "2026-03": march,
        "2026-04": (_plus(used, 10), reserved, _plus(left, -10)),
    }
    with nothing_recorded():
        assert outcome_of(story.cancel("hotel-1")) == ("PROCESSED", "")
    assert outcome_of(story.cancel("hotel-1", "0.01")) == ("FAILED", "refund.exceeds_original")
    assert story.available() == "590.00"
    assert not broken()


def _plus(amount: str, more: int) -> str:
    return f"{Decimal(amount) + more:.2f}"
