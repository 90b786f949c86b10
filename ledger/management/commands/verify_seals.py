from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from ledger.services.seal_verification import verify_seals


class Command(BaseCommand):
    help = "Check that nothing sealed was changed; exits non-zero with the first row that was."

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress() as bar:
            task = bar.add_task("Checking leaves", total=None)
            report = verify_seals(lambda done, total: bar.update(task, completed=done, total=total))
        if report.finding is not None:
            raise CommandError(f"Broken: {report.finding}")
        self.stdout.write(
            self.style.SUCCESS(f"{report.leaves} events and their postings are as {report.seals} seals say.")
        )
