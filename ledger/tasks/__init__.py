"""The ledger's regular work. Each task may run twice, at once or not at all for a while, without harm."""

from __future__ import annotations

from datetime import timedelta

from ledger.selectors.sealed_logs import EVENTS, RECORDS
from ledger.services.checking import check_everything, check_sample
from ledger.services.folding import fold_system_accounts
from ledger.services.holds import expire_holds
from ledger.services.job_runs import Done, Skipped, purge_job_runs
from ledger.services.partitions import ensure_partitions
from ledger.services.read_models import refresh_read_models
from ledger.services.sealing import seal_log
from ledger.services.snapshots import snapshot_balances
from ledger.tasks.jobs import job


@job("ledger.fold_system_accounts")
def fold_system_accounts_task() -> Done:
    return {"checkpoints": fold_system_accounts()}


@job("ledger.expire_holds")
def expire_holds_task() -> Done:
    return {"holds": expire_holds()}


@job("ledger.ensure_partitions")
def ensure_partitions_task() -> Done:
    return {"partitions": len(ensure_partitions())}


@job("ledger.refresh_read_models")
def refresh_read_models_task() -> Done:
    refreshed = refresh_read_models()
    if not refreshed:
        raise Skipped("Somebody else is refreshing them.")
    return {"views": len(refreshed)}


@job("ledger.seal")
def seal_task() -> Done:
    run = seal_log(EVENTS)
    return {"seals": run.seals, "events": run.rows}


@job("ledger.seal_records")
def seal_records_task() -> Done:
    run = seal_log(RECORDS)
    return {"seals": run.seals, "records": run.rows}


@job("ledger.snapshot_balances")
def snapshot_balances_task() -> Done:
    """Beat calls every hour: one snapshot a day, and those that had to wait for a transaction to end."""
    return {"snapshots": len(snapshot_balances(every=timedelta(days=1)))}


@job("ledger.check_sample")
def check_sample_task() -> Done:
    return check_sample()


@job("ledger.verify_ledger", time_limit=timedelta(hours=6))
def verify_ledger_task() -> Done:
    return check_everything()


@job("ledger.purge_job_runs")
def purge_job_runs_task() -> Done:
    return {"runs": purge_job_runs()}
