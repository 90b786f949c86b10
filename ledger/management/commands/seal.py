from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.selectors.sealed_logs import LOGS, SealedLog
from ledger.services.anchoring import AnchorMismatch
from ledger.services.sealing import TreeBroken, seal_log


class Command(BaseCommand):
    help = "Seal all events and records that have settled, and anchor the seals outside of the database."

    def handle(self, *args: Any, **options: Any) -> None:
        refused: list[str] = []
        for log in LOGS:  # that one stands still is no reason for the other to do so
            try:
                seals, rows = _seal(log)
            except (AnchorMismatch, TreeBroken) as error:
                refused.append(str(error))
            else:
                self.stdout.write(f"{rows} {log.contents} sealed by {seals} {log.title}s.")
        if refused:
            raise CommandError(f"{' '.join(refused)} Nothing more is sealed; look with verify_seals.")


def _seal(log: SealedLog) -> tuple[int, int]:
    seals = rows = 0
    while True:
        run = seal_log(log)
        seals, rows = seals + run.seals, rows + run.rows
        if run.is_caught_up:
            return seals, rows
