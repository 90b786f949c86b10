"""The ledger as plain arithmetic, written from the documents (docs/interface.md, C4, C9, R164–R169, design.md §2)
without a look at the machine."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ledger.core.accounts import Bucket
from ledger.core.commands import (
    Advance,
    Allot,
    AnyCommand,
    Capture,
    Expire,
    Extend,
    HoldCommand,
    OpenAccounts,
    Release,
    Reserve,
    SetAccountFloor,
    SetAccountStatus,
    Transfer,
    Undo,
)
from tests.ledger.services.arithmetic import ORDER, Kept, Line, Pledge, Purse, Sheet
from tests.ledger.services.rules import Rules, envelopes_of

BUCKETS = (Bucket.AVAILABLE, Bucket.RESERVED, Bucket.SPENT)
WITH_PROVIDER = ("SENT_TO_PROVIDER", "PROVIDER_PROCESSING", "PROVIDER_CONFIRMING")
NEXT_REPORTS = {
    "BALANCE_RESERVED": ("SENT_TO_PROVIDER",),
    "SENT_TO_PROVIDER": ("PROVIDER_PROCESSING", "COMPENSATING"),
    "PROVIDER_PROCESSING": ("PROVIDER_CONFIRMING", "COMPENSATING"),
    "PROVIDER_CONFIRMING": ("COMPENSATING",),
    "COMPENSATING": (),
}


class Model(Rules):
    def decide(self, command: AnyCommand) -> str | None:
        match command:
            case OpenAccounts():
                return self._open(command)
            case SetAccountStatus():
                return self._set_status(command)
            case SetAccountFloor():
                return self._set_floor(command)
            case Allot():
                return self._allot(command)
            case Transfer():
                return self._transfer(command)
            case Reserve():
                return self._reserve(command)
            case HoldCommand():
                return self._step(command, self.pledges[command.hold_id])
            case Undo():
                return self._undo(command, self.sheets[command.original_id])

    def _open(self, command: OpenAccounts) -> str | None:
        if any(account.id in self.purses for account in command.accounts):
            return "wallet.already_exists"
        self.purses |= {
            a.id: Purse(a.owner_type, a.owner_id, a.bucket.value, a.asset, floor=a.min_balance)
            for a in command.accounts
        }
        return None

    def _set_status(self, command: SetAccountStatus) -> str | None:
        purses = [self.purses[id] for id in command.account_ids]
        wished, present = command.status.value, purses[0].status
        if wished == present:
            return None
        if present == "CLOSED":
            return "wallet.invalid_transition"
        if wished == "CLOSED" and any(purse.balance for purse in purses):
            return "wallet.not_empty"
        for purse in purses:
            purse.status = wished
            purse.version += 1
        return None

    def _transfer(self, command: Transfer) -> str | None:
        if len({leg.account_id for leg in command.legs}) < len(command.legs):
            return self._file(command.document, {"transfer.same_wallet"})
        lines = [(leg.account_id, leg.asset, leg.amount) for leg in command.legs]
        faults = set(self._faults(lines))
        if command.conditions is not None:
            wished, purse = command.conditions, self.purses[command.conditions.account_id]
            if wished.version not in (None, purse.version) or purse.balance < (wished.available_gte or 0):
                faults.add("precondition.failed")
        return self._spend(command, faults, lines, self._spent(command))

    def _reserve(self, command: Reserve) -> str | None:
        document, amount = command.document, command.document.amount
        if document.source_wallet_id == document.destination_wallet_id:
            return self._file(document, {"transfer.same_wallet"})
        parts: list[Kept] = [(part.source, part.held, part.target, part.asset, None) for part in command.parts]
        lines = [line for p in parts for line in ((p[0], p[3], -amount), (p[1], p[3], amount))]
        rules: list[Kept] = []
        kept: list[Line] = []
        for one in envelopes_of(command):
            available, reserved, spent = map(one.account, BUCKETS)
            rules.append((available, reserved, spent, one.asset, one.units))
            taken = self._taken(command, one)
            kept += [(available, one.asset, -taken), (reserved, one.asset, taken)]
        code = self._spend(command, set(self._faults(lines)), lines, kept, "BALANCE_RESERVED")
        if code is None:
            assert document.source_wallet_id is not None
            self.pledges[command.hold_id] = Pledge(
                document.id,
                document.source_wallet_id,
                amount,
                parts + rules,
                self.now + command.expires_in,
                document.destination_wallet_id,
            )
        return code

    def _step(self, command: HoldCommand, pledge: Pledge) -> str | None:
        sheet, is_due = self.sheets[pledge.sheet], self.now >= pledge.expires_at
        if isinstance(command, Expire):
            if pledge.status != "ACTIVE" or not is_due:
                return "reservation.not_open"
            code = self._settle(pledge, "EXPIRED", back=pledge.left)
            sheet.version += code is None
            return code
        sheet.version += 1  # a refused step is history too
        if isinstance(command, Capture) and command.destination_wallet_id == pledge.wallet:
            return "transfer.same_wallet"
        if pledge.status == "EXPIRED" or (pledge.status == "ACTIVE" and is_due):
            return "reservation.expired"
        if pledge.status != "ACTIVE":
            return "reservation.not_open"
        return self._step_while_open(command, pledge, sheet)

    def _step_while_open(self, command: HoldCommand, pledge: Pledge, sheet: Sheet) -> str | None:
        match command:
            case Capture():
                return self._capture(command, pledge, sheet)
            case Release() if sheet.state not in WITH_PROVIDER:
                return self._settle(pledge, "RELEASED", back=pledge.left)
            case Extend():
                pledge.expires_at = self.now + command.expires_in
            case Advance() if command.state.value in NEXT_REPORTS[sheet.state]:
                sheet.state = command.state.value
            case _:
                return "precondition.failed"
        return None

    def _capture(self, command: Capture, pledge: Pledge, sheet: Sheet) -> str | None:
        amount = pledge.left if command.amount is None else command.amount
        back = max(pledge.left - amount, Decimal(0)) if command.is_final else Decimal(0)
        faults = set()
        if amount > pledge.left:
            faults.add("reservation.capture_exceeds")
        said = pledge.destination is not None or pledge.captured
        if said and pledge.destination != command.destination_wallet_id:
            faults.add("precondition.failed")
        if sheet.state == "COMPENSATING":
            faults.add("precondition.failed")
        (source, lies, _, asset, _), *others = pledge.parts
        parts = [(source, lies, command.target, asset, None), *others]
        lines = self._lines(parts, amount, back, is_first=not pledge.captured)
        faults |= set(self._faults(lines, refusing=("FROZEN", "CLOSED"), is_new=False))
        if faults:
            return min(faults, key=ORDER.index)
        pledge.parts, pledge.destination = parts, command.destination_wallet_id
        sheet.destination = command.destination_wallet_id
        return self._settle(pledge, "COMPLETED", paid=amount, back=back)

    def _settle(
        self, pledge: Pledge, status: str, *, paid: Decimal = Decimal(0), back: Decimal = Decimal(0)
    ) -> str | None:
        """Pay some of what is held and give back some; what then has nothing left has ended."""
        sheet = self.sheets[pledge.sheet]
        lines = self._lines(pledge.parts, paid, back, is_first=not pledge.captured)
        if set(self._faults(lines, refusing=(), is_new=False)):
            return "limit.exceeded"  # there is no room for it any more
        self._post(lines, sheet)
        pledge.captured += paid
        pledge.released += back
        if not pledge.left:
            pledge.status = status
            was_ours = sheet.state == "BALANCE_RESERVED"
            sheet.state = "COMPLETED" if pledge.captured else "CANCELLED" if was_ours else "FAILED"
            sheet.amount = pledge.captured or sheet.amount
        return None

    @staticmethod
    def _lines(parts: Iterable[Kept], paid: Decimal, back: Decimal, *, is_first: bool) -> list[Line]:
        """What counts goes where the first part of the money goes, all of it."""
        lines: list[Line] = []
        for source, lies, target, asset, units in parts:
            to_target, to_source = paid, back
            if units is not None:
                to_target = units if paid and is_first else Decimal(0)
                to_source = units if is_first and not paid else Decimal(0)
            lines += [(lies, asset, -to_target - to_source), (source, asset, to_source)]
            if to_target and target:
                lines.append((target, asset, to_target))
        return lines

    def _undo(self, command: Undo, original: Sheet) -> str | None:
        document = command.document
        is_whole = document.type.value == "REVERSAL"
        if original.state != "COMPLETED" or original.type in ("REFUND", "REVERSAL") or (is_whole and original.refunded):
            return self._file(document, {"transaction.not_reversible"})
        lines = []
        for id, moved in original.moved.items():
            purse = self.purses[id]
            if purse.is_allowance:
                continue
            if is_whole:
                lines.append((id, purse.asset, -moved))
            elif moved and purse.owner_type != "FEE_INCOME":
                lines.append((id, purse.asset, document.amount if moved < 0 else -document.amount))
        faults = set(self._faults(lines))
        if document.amount > original.amount - original.refunded:
            faults.add("refund.exceeds_original")
        code = self._file(document, faults, [*lines, *self._given_back(command, original, is_whole)])
        if code is None:
            original.version += 1
            original.refunded += document.amount
            original.state = "REVERSED" if is_whole else original.state
        return code
