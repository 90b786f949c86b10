from typing import Any

from django.core.management.base import BaseCommand

from ledger.services.holds import expire_holds


class Command(BaseCommand):
    help = "Record the holds whose deadline has passed, and give back what they hold."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{expire_holds()} holds recorded as expired.")
