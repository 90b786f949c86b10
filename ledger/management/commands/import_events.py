from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.progress import Progress, TaskID

from ledger.services.moving.files import ImportRefused
from ledger.services.moving.importing import import_ledger


class Command(BaseCommand):
    help = "Take the ledger in FILE (written by export_events) into this installation, which has none yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        with Progress() as bar:
            tasks: dict[str, TaskID] = {}

            def show(what: str, done: int, total: int) -> None:
                if what not in tasks:
                    tasks[what] = bar.add_task(what, total=None)
                bar.update(tasks[what], completed=done, total=total)

            try:
                report = import_ledger(file, progress=show)
            except ImportRefused as refused:
                raise CommandError(f"Nothing was imported. {refused}") from refused
            except OSError as error:
                raise CommandError(f"Nothing was imported. {file} cannot be read: {error.strerror}.") from error
        self.stdout.write(
            self.style.SUCCESS(f"{report.events} events give {report.accounts} accounts; all invariants hold.")
        )
