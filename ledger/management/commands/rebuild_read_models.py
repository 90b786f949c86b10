from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from ledger.services.read_models import rebuild_read_models


class Command(BaseCommand):
    help = "Make the read models from the events anew, and compare them with what is stored, to the last digit."

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress() as bar:
            task = bar.add_task("Rebuilding", total=None)
            difference = rebuild_read_models(lambda done, total: bar.update(task, completed=done, total=total))
        if difference is not None:
            row = ", ".join(f"{name}={value}" for name, value in difference.row.items())
            raise CommandError(f"{difference.view} is not what is stored: {row}")
        self.stdout.write(self.style.SUCCESS("The read models are made anew, and equal to what is stored."))
