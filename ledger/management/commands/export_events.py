from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.progress import Progress

from ledger.services.moving.exporting import export_ledger


class Command(BaseCommand):
    help = "Write the whole ledger into FILE (NDJSON, Zstandard), to be imported elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            metavar="DAY",
            help="An extract for reading: only what was made on this day (UTC, 2026-01-31) or later.",
        )

    def handle(self, *args: Any, file: Path, since: date | None = None, **options: Any) -> None:
        with Progress() as bar:
            task = bar.add_task("Exporting", total=None)
            try:
                header = export_ledger(
                    file, since=since, progress=lambda done, total: bar.update(task, completed=done, total=total)
                )
            except OSError as error:
                raise CommandError(f"{file} cannot be written: {error.strerror or 'it is there already'}.") from error
        rows = ", ".join(f"{count} × {name}" for name, count in header.rows.items())
        self.stdout.write(self.style.SUCCESS(f"{file} holds {rows}."))
