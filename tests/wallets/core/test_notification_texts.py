"""Every kind has ways and words."""

from __future__ import annotations

import pytest

from ledger.money import format_amount
from wallets.core.email_retries import MAX_AGE, WAITS, wait_after
from wallets.core.notification_kinds import ALWAYS_IN_APP, Kind, Ways, default_ways
from wallets.core.notification_texts import text_of

FACTS = {
    "budget_name": "Trips",
    "currency": "EUR",
    "amount": "80",
    "used_amount": "400.5",
    "total_amount": "500",
    "exceeded_amount": "0.125",
    "threshold_percentage": "80",
    "period_key": "2026-11",
    "code": "funds.insufficient",
    "status": "APPROVED",
    "change": "second_factor_reset",
    "title": "Adjust a balance",
}
TEXTS = {
    Kind.WALLET_FROZEN: (
        "Your wallet is frozen",
        "Until this is lifted, no money can leave the wallet and none can come in.",
    ),
    Kind.WALLET_SUSPENDED: (
        "Your wallet is suspended",
        "Until this is lifted, no money can leave the wallet. Money still comes in.",
    ),
    Kind.WALLET_CLOSED: ("Your wallet is closed", "It is closed for good. Its history stays readable."),
    Kind.WALLET_REOPENED: ("Your wallet is active again", "Money can leave the wallet and come in again."),
    Kind.SPEND_REFUSED: ("A payment of 80.00 EUR was refused", "Nothing was moved. There was not enough money."),
    Kind.MONEY_RECEIVED: ("You received 80.00 EUR", "The money is in your wallet."),
    Kind.HOLD_EXPIRED: ("A reservation of 80.00 EUR has expired", "The money is available in your wallet again."),
    Kind.BUDGET_THRESHOLD_REACHED: (
        "Trips has reached 80 %",
        "400.50 EUR of 500.00 EUR are used in 2026-11.",
    ),
    Kind.BUDGET_EXCEEDED: (
        "Trips is exceeded",
        "In 2026-11 it was exceeded by 0.125 EUR. You are told once a day.",
    ),
    Kind.BUDGET_CHANGED: ("Trips was changed", "From 2026-11 on, each period starts with 500.00 EUR."),
    Kind.BUDGET_REQUEST_OPENED: ("Somebody asks for 80.00 EUR more budget", "The request waits for your decision."),
    Kind.BUDGET_REQUEST_DECIDED: (
        "Your request for 80.00 EUR more budget is approved",
        "The decision is kept with the request.",
    ),
    Kind.SECURITY_CHANGED: (
        "Your second factor was reset",
        "If it was not you who did this or asked for it, tell finance or compliance at once.",
    ),
    Kind.APPROVAL_REQUESTED: (
        "Waiting for approval: adjust a balance (80.00 EUR)",
        "Somebody has asked for this, and you may check it.",
    ),
    Kind.APPROVAL_DECIDED: ("Your request is approved: adjust a balance (80.00 EUR)", "It was done."),
}


def test_a_budget_that_refused_a_spend_was_not_overrun() -> None:
    text = text_of(
        Kind.BUDGET_EXCEEDED, {**FACTS, "was_refused": "yes"}, lambda amount, asset: format_amount(amount, 2)
    )
    assert (text.title, text.body) == (
        "Trips refused a spend",
        "In 2026-11 it lacked 0.125 EUR for a spend. You are told once a day.",
    )


@pytest.mark.parametrize("kind", Kind)
def test_what_each_kind_says(kind: Kind) -> None:
    text = text_of(kind, FACTS, lambda amount, asset: format_amount(amount, 2))
    assert (text.title, text.body) == TEXTS[kind]


@pytest.mark.parametrize(
    ("kind", "fact", "words"),
    [
        (Kind.SPEND_REFUSED, {"code": "brand.new"}, "Nothing was moved. The reason is brand.new."),
        (Kind.BUDGET_CHANGED, {"period_key": ""}, "Each new period starts with 500.00 EUR."),
        (Kind.BUDGET_CHANGED, {"more_amount": "40"}, "It allows 40.00 EUR more in 2026-11."),
        (
            Kind.APPROVAL_DECIDED,
            {"status": "STALE", "detail": "The wallet is frozen."},
            "It was approved, but could not be done any more. The wallet is frozen.",
        ),
        (Kind.BUDGET_CHANGED, {"more_amount": "-12.5"}, "It allows 12.50 EUR less in 2026-11."),
    ],
)
def test_what_is_said_of_other_facts(kind: Kind, fact: dict[str, str], words: str) -> None:
    assert text_of(kind, {**FACTS, **fact}, lambda amount, asset: format_amount(amount, 2)).body == words


def test_a_budget_of_which_the_name_is_not_known() -> None:
    facts = {name: fact for name, fact in FACTS.items() if name != "budget_name"}
    text = text_of(Kind.BUDGET_THRESHOLD_REACHED, facts, lambda amount, asset: format_amount(amount, 2))
    assert text.title == "A budget has reached 80 %"


def test_what_has_no_figures_is_said_plainly() -> None:
    assert text_of(Kind.BUDGET_CHANGED, {}, lambda amount, asset: "").body == "See what is new."


def test_default_ways() -> None:
    inbox_only = {Kind.SPEND_REFUSED, Kind.MONEY_RECEIVED, Kind.HOLD_EXPIRED, Kind.BUDGET_CHANGED}
    for kind in Kind:
        assert default_ways(kind) == Ways(in_app=True, email=kind not in inbox_only)
    assert all(default_ways(kind).email for kind in ALWAYS_IN_APP)


def test_waits_end_before_the_news_are_too_old() -> None:
    assert [wait_after(attempt) for attempt in (1, len(WAITS), len(WAITS) + 1)] == [WAITS[0], WAITS[-1], None]
    assert sum(WAITS, start=WAITS[0] * 0) < MAX_AGE
