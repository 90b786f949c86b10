from typing import Any

from django.core.management.base import BaseCommand, CommandError

from budgets.services.invariants import find_broken_budgets


class Command(BaseCommand):
    help = (
        "Check that what budgets say and what stands in the ledger are one; exits non-zero with the first broken row."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for finding in find_broken_budgets():
            invariant = finding.invariant
            if finding.broken is not None:
                row = ", ".join(f"{name}={value}" for name, value in finding.broken.items())
                raise CommandError(f"{invariant.id} is broken ({invariant.title}): {row}")
            self.stdout.write(f"{invariant.id:4} {invariant.title}")
        self.stdout.write(self.style.SUCCESS("All invariants of budgets hold."))
