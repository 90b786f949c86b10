from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from ledger.core.upcasting import UnknownVersion
from ledger.services.replay import replay


class Command(BaseCommand):
    help = "Rebuild all balances from the events and compare them with the stored ones, to the last digit."

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress() as bar:
            task = bar.add_task("Replaying events", total=None)
            try:
                report = replay(lambda done, total: bar.update(task, completed=done, total=total))
            except UnknownVersion as unknown:
                raise CommandError(str(unknown)) from unknown
        if report.difference is not None:
            d = report.difference
            where = f"first broken event: {d.event_id}" if d.event_id else "its postings fit; the row itself is off"
            raise CommandError(
                f"{d.kind.capitalize()} {d.id} differs in {d.what}: stored {d.stored}, replayed {d.replayed}; {where}."
            )
        self.stdout.write(
            self.style.SUCCESS(
                f"{report.events} events give exactly the {report.accounts} accounts and {report.holds} holds stored."
            )
        )
