from typing import Any

from django.core.management.base import BaseCommand

from ledger.services.snapshots import snapshot_balances


class Command(BaseCommand):
    help = "Write down the figures of all accounts as of now; a snapshot that cannot be settled yet is taken next time."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{len(snapshot_balances())} snapshots taken.")
