"""Budgets and limits as plain arithmetic, written from the documents (design.md §2, R55, R247) without a look at the
machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from uuid import UUID

from ledger.core.accounts import Bucket
from ledger.core.commands import Allot, Reserve, SetAccountFloor, Transfer, Undo
from ledger.services.allowances import Ceiling, Envelope, Unevaluable
from tests.ledger.services.arithmetic import Arithmetic, Line, Purse, Sheet

NOTHING = Decimal(0)


def envelopes_of(command: Transfer | Reserve) -> list[Envelope]:
    return [one for one in command.allowances if isinstance(one, Envelope)]


class Rules(Arithmetic):
    """What a spend has to fit into besides the money, and what comes back of it."""

    def _spend(
        self, command: Transfer | Reserve, faults: set[str], lines: Iterable[Line], kept: list[Line], state: str = ""
    ) -> str | None:
        """File a spend with all that stands in its way; what it takes of the rules comes after the money."""
        faults |= set(self._rule_faults(command))
        if not faults:
            self._turn(command)
        return self._file(command.document, faults, [*lines, *kept], state or "COMPLETED")

    def _spent(self, command: Transfer) -> list[Line]:
        lines: list[Line] = []
        for one in envelopes_of(command):
            taken = self._taken(command, one)
            lines += [(one.account(Bucket.AVAILABLE), one.asset, -taken), (one.account(Bucket.SPENT), one.asset, taken)]
        return lines

    @staticmethod
    def _taken(command: Transfer | Reserve, one: Envelope) -> Decimal:
        return Decimal(1) if one.asset == "COUNT" else command.document.total_amount

    def _rule_faults(self, command: Transfer | Reserve) -> Iterator[str]:
        for one in command.allowances:
            match one:
                case Unevaluable():
                    yield "budget.not_evaluable"
                case Ceiling() if one.asset != command.document.asset:
                    yield "budget.not_evaluable"
                case Ceiling() if one.maximum < command.document.total_amount:
                    yield "limit.exceeded"
                case Envelope():
                    yield from self._envelope_faults(command, one)

    def _envelope_faults(self, command: Transfer | Reserve, one: Envelope) -> Iterator[str]:
        purse = self.purses.get(one.account(Bucket.AVAILABLE))
        if purse is None or one.asset not in ("COUNT", command.document.asset):
            yield "budget.not_evaluable"
            return
        assert purse.floor is not None
        left = purse.balance + (self.purses[one.account(Bucket.SPENT)].balance if _is_new_window(purse, one) else 0)
        if left - self._taken(command, one) < purse.floor:
            yield f"{one.kind.lower()}.exceeded"

    def _turn(self, command: Transfer | Reserve) -> None:
        """A new window begins: what was spent in the one before is allowed again."""
        for one in envelopes_of(command):
            available, spent = (one.account(bucket) for bucket in (Bucket.AVAILABLE, Bucket.SPENT))
            if not _is_new_window(self.purses[available], one):
                continue
            old = self.purses[spent].balance
            self._post([(spent, one.asset, -old), (available, one.asset, old)], None)
            for id, since in ((available, one.starts_at), (spent, self.now)):
                self.purses[id].window = since
                self.purses[id].version += 1

    def _allot(self, command: Allot) -> str | None:
        net: dict[UUID, Decimal] = {}
        for move in command.moves:
            net[move.account_id] = net.get(move.account_id, NOTHING) + move.amount
        if command.must_be_left and any(amount < 0 and self.purses[id].balance < -amount for id, amount in net.items()):
            return "budget.exceeded"
        lines = [(move.account_id, move.asset, move.amount) for move in command.moves]
        self._post([*lines, *((move.source_id, move.asset, -move.amount) for move in command.moves)], None)
        return None

    def _set_floor(self, command: SetAccountFloor) -> str | None:
        purse = self.purses[command.account_id]
        purse.version += purse.floor != command.min_balance
        purse.floor = command.min_balance
        return None

    def _given_back(self, command: Undo, original: Sheet, is_whole: bool) -> list[Line]:
        lines: list[Line] = []
        for id, taken in original.moved.items():
            spent = self.purses[id]
            if not spent.is_allowance or spent.bucket != "SPENT" or taken <= 0:
                continue
            back = taken if is_whole else NOTHING if spent.asset == "COUNT" else min(command.document.amount, taken)
            if spent.owner_type == "LIMIT":
                back = min(back, self._still_shown(id, original), spent.balance)
            available = next(other for other, purse in self.purses.items() if _is_other_half(purse, spent))
            if back > 0:
                source, target = (command.redirected.get(end, end) for end in (id, available))
                lines += [(source, spent.asset, -back), (target, spent.asset, back)]
        return lines

    def _still_shown(self, id: UUID, original: Sheet) -> Decimal:
        """Of this window, and not given back yet."""
        since = self.purses[id].window
        assert since is not None, "it was used"
        return sum((amount for at, amount in original.times[id] if at >= since), NOTHING) - original.refunded


def _is_new_window(purse: Purse, one: Envelope) -> bool:
    return one.kind == "LIMIT" and (purse.window is None or purse.window < one.starts_at)


def _is_other_half(purse: Purse, spent: Purse) -> bool:
    return (purse.owner, purse.owner_type, purse.asset, purse.bucket) == (
        spent.owner, spent.owner_type, spent.asset, "AVAILABLE",
    )  # fmt: skip
