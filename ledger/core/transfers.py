"""Deciding movements of money: every gate is evaluated, then nothing may fail any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ledger.core.commands import Transfer
from ledger.core.decisions import Decision
from ledger.core.documents import answered, first_event, refuse
from ledger.core.envelopes import allowance_gates, spending_legs, turn
from ledger.core.events import EventType
from ledger.core.legs import leg_gates, postings, require_balanced
from ledger.core.refusals import Gate, GateKind, Refusal, RefusalCode, first_failure
from ledger.core.state import Accounts


def decide_transfer(accounts: Accounts, command: Transfer, now: datetime) -> Decision:
    require_balanced(accounts, command.legs)
    document = command.document
    if document.source_wallet_id is not None and document.source_wallet_id == document.destination_wallet_id:
        return refuse(command, document, Refusal(RefusalCode.SAME_WALLET), now)
    amount = document.total_amount
    turned = turn(accounts, command.allowances, command, now)
    gates = (
        *leg_gates(accounts, command.legs),
        *allowance_gates(turned.accounts, command.allowances, document.asset, amount),
        *_condition_gates(accounts, command),
    )
    code = first_failure(gates)
    if code is not None:
        return refuse(command, document, Refusal(code, gates), now, **answered(command))
    # Nothing below may fail.
    event = first_event(EventType.TRANSACTION_COMPLETED, command, document, gates, now)
    legs = command.legs + spending_legs(command.allowances, amount)
    event = replace(event, postings=postings(turned.accounts, event.id, legs))
    return Decision(events=(*turned.events, event), gates=gates)


def _condition_gates(accounts: Accounts, command: Transfer) -> tuple[Gate, ...]:
    wished = command.conditions
    if wished is None:
        return ()
    account, gates = accounts[wished.account_id], []
    if wished.available_gte is not None:
        code = None if account.balance >= wished.available_gte else RefusalCode.PRECONDITION_FAILED
        gates.append(Gate(GateKind.CONDITION, "available_gte", code, wished.available_gte, account.balance))
    if wished.version is not None:
        code = None if account.version == wished.version else RefusalCode.PRECONDITION_FAILED
        figures = Decimal(wished.version), Decimal(account.version)
        gates.append(Gate(GateKind.CONDITION, "version", code, *figures))
    return tuple(gates)
