from __future__ import annotations

from collections.abc import Mapping

from compliance.services.retention import purge_log_ins
from ledger.tasks.jobs import job


@job("compliance.purge_log_ins")
def purge_log_ins_task() -> Mapping[str, int]:
    return purge_log_ins()
