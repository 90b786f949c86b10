from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from ledger.services.invariants import INVARIANTS, check_invariants


class Command(BaseCommand):
    help = "Check the ledger's invariants; exits non-zero with the first broken row."

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress() as bar:
            task = bar.add_task("Checking", total=len(INVARIANTS))
            for finding in check_invariants():
                bar.advance(task)
                invariant = finding.invariant
                if finding.broken is not None:
                    row = ", ".join(f"{name}={value}" for name, value in finding.broken.items())
                    raise CommandError(f"{invariant.id} is broken ({invariant.title}): {row}")
                bar.console.print(f"[green]✓[/green] {invariant.id:4} {invariant.title}")
        self.stdout.write(self.style.SUCCESS("All invariants hold."))
