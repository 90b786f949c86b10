"""What the ledger would do, as lines for the checker; and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db.transaction import on_commit

from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from ledger.services import journal
from ledger.services.journal import Outcome, Result
from wallets.errors import LedgerRefused
from wallets.services.approvals.operations import Change
from wallets.services.transfers import forget_changed


def rehearsed(commands: Sequence[Any], asset_code: str, wallets: Mapping[UUID, str]) -> list[Change]:
    """What commands would change in wallets.

    Args:
        asset_code: what a refusal's figures are in.
        wallets: how to call those that are shown.

    Raises:
        LedgerRefused: the ledger would say no.
    """
    results = journal.rehearse(commands)
    for result in results:
        _require_accepted(result, asset_code)
    before = {id: account for result in reversed(results) for id, account in result.before.items()}
    after = {id: account for result in results for id, account in result.after.items()}
    changed = [id for id, now in after.items() if now.owner_id in wallets and now.balance != before[id].balance]
    order = list(wallets)
    changed.sort(key=lambda id: (order.index(after[id].owner_id), after[id].bucket.value))
    return [
        Change(
            f"{wallets[after[id].owner_id]}: {after[id].bucket.value.lower()}", _figure(before[id]), _figure(after[id])
        )
        for id in changed
    ]


def done(commands: Sequence[Any], asset_code: str) -> Result:
    """Record commands in the open transaction; cached figures are forgotten when it is committed.

    Returns:
        What became of the last one.

    Raises:
        LedgerRefused: the ledger said no; the caller undoes its part.
    """
    outcomes = journal.record(commands)
    for outcome in outcomes:
        outcome.raise_if_reused()
        if outcome.result is not None:
            _require_accepted(outcome.result, asset_code)
    on_commit(partial(_forget, outcomes))
    result = outcomes[-1].result
    assert result is not None, "a request is done once, under its lock"
    return result


def _forget(outcomes: Sequence[Outcome]) -> None:
    forget_changed(outcomes)


def _require_accepted(result: Result, asset_code: str) -> None:
    if result.refusal is not None:
        raise LedgerRefused(result.refusal, asset_code)


def _figure(account: Any) -> str:
    return f"{format_amount(account.balance, get_asset(account.asset).cash_scale)} {account.asset}"
