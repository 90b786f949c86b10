"""Every scheduled job, with something to do for it: the same that the tests of its starting twice use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ledger.selectors.clock import DatabaseClock
from tests.concurrency.test_jobs import TICKS, Tick, unlogged
from tests.safety.crash.lives import Act, Tell
from tests.safety.crash.scenes.scene import Scene
from wallets.models import Notification, StatementPack

READ_ONLY = frozenset(
    {"ledger.refresh_read_models", "ledger.ensure_partitions", "ledger.check_sample", "ledger.verify_ledger"}
    | {"budgets.verify_budgets"}
)
"""They change no row that is looked at here."""
OF_LOG_INS = frozenset({"compliance.purge_log_ins", "ledger.purge_job_runs"})
"""What they change is about who tried when."""

WAITING_FOR_OTHERS = frozenset(
    {"ledger.fold_system_accounts", "ledger.seal", "ledger.seal_records", "ledger.snapshot_balances"}
)
"""They leave for later what a transaction that still runs may add to, wherever on the server that is: what they do can
be foretold only while nobody else is at work there."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job, and what is there when it has come to its end."""

    run: Callable[[], object]
    tick: Tick

    def __call__(self, tell: Tell) -> None:
        self.run()


def _job(name: str) -> Callable[[], Act]:
    def prepare() -> Act:
        run = unlogged(name)
        run()  # what other scenes have left is not this one's
        return JobRun(run, TICKS[name]())

    return prepare


def _let_leases_end() -> None:
    """Whoever had begun is dead: what waiting does, without the wait."""
    long_ago = DatabaseClock() - timedelta(hours=1)
    Notification.objects.filter(email_status="PENDING").update(email_next_attempt_at=long_ago)
    StatementPack.objects.filter(state="WAITING", claimed_until__isnull=False).update(claimed_until=long_ago)


JOBS = tuple(
    Scene(name, _job(name), commits=0, resume=_let_leases_end) for name in sorted({*TICKS} - READ_ONLY - OF_LOG_INS)
)
