"""From a message of the outbox to who has to be told what: one message is at most one notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from ledger.money import EXACT, plain
from wallets.core.notification_kinds import Kind

MAX_TEXT = 300
"""Of a word of a message, such as a code."""
Data = Mapping[str, Any]


class Audience(StrEnum):
    """OWNER is whose wallet it is. OWNERS_MANAGERS and MANAGERS, of his team or of the notice's, are finance when there
    is none. ASKER is who has asked."""

    OWNER = "OWNER"
    OWNER_AND_MANAGERS = "OWNER_AND_MANAGERS"
    OWNERS_MANAGERS = "OWNERS_MANAGERS"
    MANAGERS = "MANAGERS"
    FINANCE = "FINANCE"
    ASKER = "ASKER"


class Unreadable(Exception):
    """A message does not have the fields that its type promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell.

    Attributes:
        cause: the same for whatever shall be told once; unique per person.
        is_daily: the cause is one per day, of the company's zone.
        facts: what the text is made of; ids, figures and words, no personal data.
        wallet_id: what it is about: a wallet or its budget.
        team_id: of a team's budget.
        company_id: of any budget.
        asked_by: who has asked for more; he is told as ASKER only.
    """

    kind: Kind
    cause: str
    audience: Audience
    facts: dict[str, str]
    wallet_id: UUID | None = None
    team_id: UUID | None = None
    company_id: UUID | None = None
    asked_by: UUID | None = None
    is_daily: bool = False


def notice_of(type: str, message_id: UUID, data: Data) -> Notice | None:
    """The notice that a message calls for; None when nobody is told of it.

    Raises:
        Unreadable: a field is missing or is not what it should be.
    """
    read = _READERS.get(type)
    try:
        return None if read is None else read(data, f"{message_id}")
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{type}: {error!r}") from error


_OF_STATUS = {
    "FROZEN": Kind.WALLET_FROZEN,
    "SUSPENDED": Kind.WALLET_SUSPENDED,
    "CLOSED": Kind.WALLET_CLOSED,
    "ACTIVE": Kind.WALLET_REOPENED,
}


def with_budget_name(notice: Notice, name: str) -> Notice:
    """A notice that says which budget it is about, in words."""
    return replace(notice, facts={**notice.facts, "budget_name": _text(name)})


def _status_changed(data: Data, cause: str) -> Notice:
    """Without the reason: why a wallet was frozen may be what its owner must not know."""
    return _of_wallet(_OF_STATUS[data["status"]], cause, data, {})


def _completed(data: Data, cause: str) -> Notice | None:
    if data["type"] not in {"CREDIT", "TRANSFER_IN"}:
        return None
    return _of_wallet(Kind.MONEY_RECEIVED, cause, data, {"txn_id": _id(data["txn_id"]), **_money(data, "amount")})


def _refused(data: Data, cause: str) -> Notice | None:
    """A refused booking is told by two messages about one document, and is one cause."""
    if data.get("type") in {"CREDIT", "TRANSFER_IN"}:
        return None
    txn_id = _id(data["txn_id"])
    facts = {"txn_id": txn_id, "code": _text(data["code"]), **_money(data, "amount")}
    return _of_wallet(Kind.SPEND_REFUSED, f"refused:{txn_id}", data, facts)


def _hold_expired(data: Data, cause: str) -> Notice:
    facts = {"reservation_id": _id(data["reservation_id"]), **_money(data, "amount")}
    return _of_wallet(Kind.HOLD_EXPIRED, cause, data, facts)


def _threshold_reached(data: Data, cause: str) -> Notice:
    """Once per threshold, period and revision of the budget, also when a refund makes it be crossed twice."""
    percentage, period = plain(Decimal(str(data["threshold_percentage"]))), _text(data["period_key"])
    facts = {"period_key": period, "threshold_percentage": percentage, **_money(data, "used_amount", "total_amount")}
    told = ":".join(("threshold", _id(data["budget_id"]), period, percentage, str(int(data["revision"]))))
    return _of_budget(Kind.BUDGET_THRESHOLD_REACHED, told, data, facts, _SPENDING)


def _exceeded(data: Data, cause: str) -> Notice:
    """Each refused booking is a message; people are told once a day."""
    period, was_refused = _text(data["period_key"]), data.get("was_refused", False)
    facts = {"period_key": period, **_money(data, "exceeded_amount")}
    facts |= {"was_refused": "yes"} if was_refused else {}
    told = f"exceeded:{_id(data['budget_id'])}:{period}"
    return _of_budget(Kind.BUDGET_EXCEEDED, told, data, facts, _SPENDING, is_daily=True)


def _changed(data: Data, cause: str) -> Notice:
    return _of_budget(Kind.BUDGET_CHANGED, cause, data, _what_changed(data), _CHANGING)


def _what_changed(data: Data) -> dict[str, str]:
    """What periods start with from now on, or how much more one of them allows. The message's total is not what a
    period allows: that may have been given more before, and carries over what others left."""
    before, after = data["before"], data["after"]
    if after.keys() & {"amount", "base"}:
        return {"period_key": _text(data["period_key"]), **_money(data, "total_amount")}
    for name in after.keys() & {"adjustments", "carry_in"}:  # one of them at most
        more = EXACT.subtract(Decimal(after[name]), Decimal(before[name]))
        figures = {"currency": data["currency"], "more_amount": more}
        return {"period_key": _text(data["period_key"]), **_money(figures, "more_amount")}
    return {}


def _request_opened(data: Data, cause: str) -> Notice:
    facts = {"request_id": _id(data["request_id"]), **_money(data, "amount")}
    return _of_budget(Kind.BUDGET_REQUEST_OPENED, cause, data, facts, _DECIDING, asked_by=_uuid(data["user_id"]))


def _request_decided(data: Data, cause: str) -> Notice:
    facts = {"request_id": _id(data["request_id"]), "status": _text(data["status"]), **_money(data, "amount")}
    return _of_budget(Kind.BUDGET_REQUEST_DECIDED, cause, data, facts, _ASKING, asked_by=_uuid(data["user_id"]))


_READERS: dict[str, Callable[[Data, str], Notice | None]] = {
    "WalletStatusChanged": _status_changed,
    "TransactionCompleted": _completed,
    "TransactionFailed": _refused,
    "BookingRejected": _refused,
    "ReservationExpired": _hold_expired,
    "BudgetThresholdReached": _threshold_reached,
    "BudgetExceeded": _exceeded,
    "BudgetChanged": _changed,
    "BudgetRequestOpened": _request_opened,
    "BudgetRequestDecided": _request_decided,
}


def _of_wallet(kind: Kind, cause: str, data: Data, facts: dict[str, str]) -> Notice:
    wallet_id = _uuid(data["wallet_id"])
    told = {"wallet_id": str(wallet_id), **facts}
    return Notice(kind=kind, cause=cause, audience=Audience.OWNER, facts=told, wallet_id=wallet_id)


_SPENDING = {
    "WALLET": Audience.OWNER_AND_MANAGERS,
    "TEAM": Audience.MANAGERS,
    "COMPANY": Audience.FINANCE,
}
_CHANGING = {**_SPENDING, "WALLET": Audience.OWNER}
_DECIDING = {
    "WALLET": Audience.OWNERS_MANAGERS,
    "TEAM": Audience.FINANCE,  # managers see their team's budget and do not set it
    "COMPANY": Audience.FINANCE,
}
_ASKING = dict.fromkeys(_SPENDING, Audience.ASKER)


def _of_budget(
    kind: Kind,
    cause: str,
    data: Data,
    facts: dict[str, str],
    audiences: Mapping[str, Audience],
    *,
    asked_by: UUID | None = None,
    is_daily: bool = False,
) -> Notice:
    """The wallet that a message of a team's or the company's budget names is the one that spent: a fact of it, and no
    reason to tell its owner."""
    scope, spender = data["scope"], data["wallet_id"]
    return Notice(
        kind=kind,
        cause=cause,
        audience=audiences[scope],
        facts={"budget_id": _id(data["budget_id"]), **({"wallet_id": _id(spender)} if spender else {}), **facts},
        wallet_id=_uuid(spender) if scope == "WALLET" else None,
        team_id=_uuid(data["team_id"]) if scope == "TEAM" else None,
        company_id=_uuid(data["company_id"]),
        asked_by=asked_by,
        is_daily=is_daily,
    )


def _money(data: Data, *names: str) -> dict[str, str]:
    """Amounts in their shortest form, with their currency."""
    amounts = {name: Decimal(data[name]) for name in names}
    if not all(amount.is_finite() for amount in amounts.values()):
        raise ValueError("an amount is finite")
    return {"currency": _text(data["currency"]), **{name: plain(amount) for name, amount in amounts.items()}}


def _id(text: object) -> str:
    return str(_uuid(text))


def _uuid(text: object) -> UUID:
    if not isinstance(text, str):
        raise TypeError("an id is a string")
    return UUID(text)


def _text(text: str) -> str:
    """One line: it may become the subject of an e-mail."""
    if not isinstance(text, str):
        raise TypeError("a text is a string")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_TEXT]
