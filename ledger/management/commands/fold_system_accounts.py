from typing import Any

from django.core.management.base import BaseCommand

from ledger.services.folding import fold_system_accounts


class Command(BaseCommand):
    help = "Fold the settled postings of system accounts into their checkpoints."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{fold_system_accounts()} checkpoints moved.")
