"""Every operation that can be asked for, by name. A new one is one line here."""

from __future__ import annotations

from typing import Any

from ledger.errors import InvalidInput
from wallets.services.approvals.adjusting import AdjustWallet
from wallets.services.approvals.budget_changing import ChangeBudget
from wallets.services.approvals.importing import ApplyImportFile
from wallets.services.approvals.operations import Operation
from wallets.services.approvals.reactivating import ReactivateWallet
from wallets.services.approvals.releasing import ReleaseReservation
from wallets.services.approvals.reversing import ReverseTransaction
from wallets.services.approvals.rule_setting import SetApprovalRule
from wallets.services.approvals.sweeping import SweepAndCloseWallet

OPERATIONS: dict[str, Operation[Any]] = {
    operation.name: operation
    for operation in (
        AdjustWallet(),
        ReverseTransaction(),
        ReleaseReservation(),
        ChangeBudget(),
        SweepAndCloseWallet(),
        ReactivateWallet(),
        ApplyImportFile(),
    )
}
OPERATIONS[SetApprovalRule.name] = SetApprovalRule(OPERATIONS)


def operation_named(name: str) -> Operation[Any]:
    """Raises InvalidInput when there is none of this name."""
    known = OPERATIONS.get(name)
    if known is None:
        raise InvalidInput("There is no such operation.", pointer="/operation")
    return known
