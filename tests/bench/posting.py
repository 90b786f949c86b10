"""`journal.post` in this process: batches of many sizes, many wallets and one hot one, under rules and without."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ledger.core.commands import AnyCommand
from ledger.ids import new_id
from ledger.services import journal
from ledger.services.allowances import Allowance
from ledger.services.movements import Side, Transfer
from tests.ledger.books import Books, render
from tests.ledger.envelopes import Rule, budget, ceiling, count, limit

SIZES = (1, 8, 64, 512, 4096)
OPENED_AT_ONCE = 500


def open_wallets(books: Books, number: int, balance: str = "1000000") -> list[Side]:
    """Funded wallets of the ledger, without people."""
    wallets: list[Side] = []
    for start in range(0, number, OPENED_AT_ONCE):
        fresh = [Side(new_id(), books.currency) for _ in range(min(OPENED_AT_ONCE, number - start))]
        commands: list[AnyCommand] = [books.opening(wallet) for wallet in fresh]
        commands += [books.deposit(wallet, balance) for wallet in fresh]
        assert all(outcome.result and not outcome.result.refusal for outcome in journal.post(commands))
        wallets += fresh
    return wallets


@dataclass
class Posting:
    """Posts batches of transfers of a cent, one after the other."""

    books: Books
    wallets: list[Side]
    hot: Side
    rules: tuple[Allowance, ...] = ()

    def run(self, size: int, seconds: float, *, is_hot: bool = False, is_ruled: bool = False) -> tuple[float, float]:
        """Transfers per second, and seconds of this process' CPU per transfer. Making the commands is not counted."""
        commands, posted, took, used = self._commands(is_hot, is_ruled), 0, 0.0, 0.0
        while took < seconds:
            batch = list(itertools.islice(commands, size))
            began, cpu = time.perf_counter(), time.process_time()
            outcomes = journal.post(batch, render=render)
            took, used = took + time.perf_counter() - began, used + time.process_time() - cpu
            assert all(outcome.reply.status == 201 for outcome in outcomes)
            posted += size
        return posted / took, used / posted

    def _commands(self, is_hot: bool, is_ruled: bool) -> Iterator[Transfer]:
        wallets = self.wallets
        for number in itertools.count(time.time_ns() % 10**6):
            source, target = wallets[number % len(wallets)], wallets[(number * 7 + 1) % len(wallets)]
            if is_hot:
                source, target = (self.hot, target) if number % 2 else (source, self.hot)
            if source == target:
                continue
            command = self.books.transfer(source, target, "0.01")
            yield replace(command, allowances=self.rules) if is_ruled else command


def seven_rules(books: Books) -> tuple[Allowance, ...]:
    """Four budgets and three limits, one of which counts."""
    rules: list[Rule] = [budget(books.company_id, "100000000") for _ in range(4)]
    rules += [limit(books.company_id, "100000000"), count(books.company_id, "100000000")]
    return (*(rule.allowance() for rule in rules), ceiling("1000"))
