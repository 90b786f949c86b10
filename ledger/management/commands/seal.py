from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.services.anchoring import AnchorMismatch
from ledger.services.sealing import TreeBroken, seal_events


class Command(BaseCommand):
    help = "Seal all events that have settled, and anchor the seals outside of the database."

    def handle(self, *args: Any, **options: Any) -> None:
        seals = events = 0
        try:
            while True:
                run = seal_events()
                seals, events = seals + run.seals, events + run.events
                if run.is_caught_up:
                    break
        except (AnchorMismatch, TreeBroken) as error:
            raise CommandError(f"{error} Nothing more is sealed; look with verify_seals.") from error
        self.stdout.write(f"{events} events sealed by {seals} seals.")
