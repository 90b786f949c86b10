from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ledger.services.partitions import ensure_partitions


class Command(BaseCommand):
    help = "Create the monthly partitions that are missing, three months ahead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", type=date.fromisoformat, metavar="DAY", help="Also older months, from this day's (2026-01-31)."
        )

    def handle(self, *args: Any, since: date | None = None, **options: Any) -> None:
        made = ensure_partitions(since)
        self.stdout.write("\n".join(made) or "Nothing was missing.")
