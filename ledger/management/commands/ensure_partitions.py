from typing import Any

from django.core.management.base import BaseCommand

from ledger.services.partitions import ensure_partitions


class Command(BaseCommand):
    help = "Create the monthly partitions that are missing, three months ahead."

    def handle(self, *args: Any, **options: Any) -> None:
        made = ensure_partitions()
        self.stdout.write("\n".join(made) or "Nothing was missing.")
