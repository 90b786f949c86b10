"""What a notification says, in plain language: a title, which is also the subject of its e-mail, and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from wallets.core.notification_kinds import Kind

Facts = Mapping[str, str]
Money = Callable[[Decimal, str], str]
"""Writes an amount of an asset with as many decimals as that has."""


@dataclass(frozen=True, slots=True)
class Text:
    title: str
    body: str


def text_of(kind: Kind, facts: Facts, money: Money) -> Text:
    """The text of a notification.

    Args:
        facts: as `core.notices` made them.
    """

    def amount(name: str) -> str:
        return f"{money(Decimal(facts[name]), facts['currency'])} {facts['currency']}"

    return _TEXTS[kind](facts, amount)


_REFUSALS = {
    "funds.insufficient": "There was not enough money.",
    "budget.exceeded": "The budget did not allow it.",
    "limit.exceeded": "It was above a limit.",
    "wallet.frozen": "A wallet is frozen.",
    "wallet.suspended": "The wallet is suspended.",
    "wallet.closed": "A wallet is closed.",
    "currency.mismatch": "The wallet holds another currency.",
    "precondition.failed": "A condition of the order was not met.",
}
_DECISIONS = {"REJECTED": "declined"}
_Amount = Callable[[str], str]


def _frozen(facts: Facts, amount: _Amount) -> Text:
    return Text("Your wallet is frozen", "Until this is lifted, no money can leave the wallet and none can come in.")


def _suspended(facts: Facts, amount: _Amount) -> Text:
    return Text(
        "Your wallet is suspended", "Until this is lifted, no money can leave the wallet. Money still comes in."
    )


def _closed(facts: Facts, amount: _Amount) -> Text:
    return Text("Your wallet is closed", "It is closed for good. Its history stays readable.")


def _reopened(facts: Facts, amount: _Amount) -> Text:
    return Text("Your wallet is active again", "Money can leave the wallet and come in again.")


def _refused(facts: Facts, amount: _Amount) -> Text:
    why = _REFUSALS.get(facts["code"], f"The reason is {facts['code']}.")
    return Text(f"A payment of {amount('amount')} was refused", f"Nothing was moved. {why}")


def _received(facts: Facts, amount: _Amount) -> Text:
    return Text(f"You received {amount('amount')}", "The money is in your wallet.")


def _expired(facts: Facts, amount: _Amount) -> Text:
    return Text(f"A reservation of {amount('amount')} has expired", "The money is available in your wallet again.")


def _name(facts: Facts) -> str:
    """Of the budget; notifications of earlier do not have it."""
    return facts.get("budget_name", "A budget")


def _threshold(facts: Facts, amount: _Amount) -> Text:
    title = f"{_name(facts)} has reached {facts['threshold_percentage']} %"
    return Text(title, f"{amount('used_amount')} of {amount('total_amount')} are used in {facts['period_key']}.")


def _exceeded(facts: Facts, amount: _Amount) -> Text:
    if "was_refused" in facts:
        body = f"In {facts['period_key']} it lacked {amount('exceeded_amount')} for a spend. You are told once a day."
        return Text(f"{_name(facts)} refused a spend", body)
    body = f"In {facts['period_key']} it was exceeded by {amount('exceeded_amount')}. You are told once a day."
    return Text(f"{_name(facts)} is exceeded", body)


def _changed(facts: Facts, amount: _Amount) -> Text:
    return Text(f"{_name(facts)} was changed", _what_changed(facts, amount))


def _what_changed(facts: Facts, amount: _Amount) -> str:
    period = facts.get("period_key")
    if "more_amount" in facts:
        way = "less" if facts["more_amount"].startswith("-") else "more"
        return f"It allows {amount('more_amount').removeprefix('-')} {way} in {period}."
    if "total_amount" in facts:
        since = f"From {period} on, each" if period else "Each new"
        return f"{since} period starts with {amount('total_amount')}."
    return "See what is new."


def _asked(facts: Facts, amount: _Amount) -> Text:
    return Text(f"Somebody asks for {amount('amount')} more budget", "The request waits for your decision.")


def _decided(facts: Facts, amount: _Amount) -> Text:
    decision = _DECISIONS.get(facts["status"], facts["status"].replace("_", " ").lower())
    return Text(
        f"Your request for {amount('amount')} more budget is {decision}", "The decision is kept with the request."
    )


def _to_check(facts: Facts, amount: _Amount) -> Text:
    """Whoever is told may be one of several: it may be decided by the time that he looks."""
    again = "Still waiting for approval" if "reminder" in facts else "Waiting for approval"
    about = f" ({amount('amount')})" if "amount" in facts else ""
    return Text(f"{again}: {facts['title'].lower()}{about}", "Somebody has asked for this, and you may check it.")


_ENDS = {
    "APPROVED": "It was done.",
    "REJECTED": "Nothing was done. The reason is kept with the request.",
    "EXPIRED": "Nobody answered in time, and nothing was done. Ask again if it is still needed.",
}


def _checked(facts: Facts, amount: _Amount) -> Text:
    about = f" ({amount('amount')})" if "amount" in facts else ""
    end = _ENDS.get(facts["status"]) or f"It was approved, but could not be done any more. {facts.get('detail', '')}"
    return Text(f"Your request is {facts['status'].lower()}: {facts['title'].lower()}{about}", end.strip())


_SECURITY = {
    "second_factor_set_up": "Your second factor is set up",
    "second_factor_replaced": "Another app is your second factor now",
    "second_factor_reset": "Your second factor was reset",
    "recovery_codes_renewed": "You have new recovery codes",
    "recovery_code_used": "A recovery code was used to log in as you",
}


def _security(facts: Facts, amount: _Amount) -> Text:
    """By whom and from where the audit trail says; a stranger who reads the mail need not know."""
    body = "If it was not you who did this or asked for it, tell finance or compliance at once."
    return Text(_SECURITY.get(facts["change"], "How you log in was changed"), body)


_TEXTS: dict[Kind, Callable[[Facts, _Amount], Text]] = {
    Kind.WALLET_FROZEN: _frozen,
    Kind.WALLET_SUSPENDED: _suspended,
    Kind.WALLET_CLOSED: _closed,
    Kind.WALLET_REOPENED: _reopened,
    Kind.SPEND_REFUSED: _refused,
    Kind.MONEY_RECEIVED: _received,
    Kind.HOLD_EXPIRED: _expired,
    Kind.BUDGET_THRESHOLD_REACHED: _threshold,
    Kind.BUDGET_EXCEEDED: _exceeded,
    Kind.BUDGET_CHANGED: _changed,
    Kind.BUDGET_REQUEST_OPENED: _asked,
    Kind.BUDGET_REQUEST_DECIDED: _decided,
    Kind.APPROVAL_REQUESTED: _to_check,
    Kind.APPROVAL_DECIDED: _checked,
    Kind.SECURITY_CHANGED: _security,
}
