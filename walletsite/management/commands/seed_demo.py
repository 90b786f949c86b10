"""`manage.py seed_demo`: the demo company, and how to log in to it."""

from __future__ import annotations

import os
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from walletsite.demo.credentials import write_credentials
from walletsite.demo.credentials_file import CREDENTIALS_FILE
from walletsite.demo.people import COMPANY_NAME
from walletsite.demo.seeding import seed_company


class Command(BaseCommand):
    help = "Seeds the demo company Nordwind, unless it is there, and writes its log-ins to .demo/credentials.json."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_EXPOSED:
            raise CommandError("Log-ins that lie in a file have no place in staging or production.")
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns) as bar:
            task = bar.add_task(f"Fourteen months of {COMPANY_NAME}", total=None, visible=False)
            company = seed_company(lambda done, total: bar.update(task, completed=done, total=total, visible=True))
        call_command("expire_holds", verbosity=0)  # one of the demo's has been forgotten
        call_command("fold_system_accounts", verbosity=0)  # the home page adds up tails; months of them take long
        call_command("rebuild_read_models", stdout=StringIO())  # the first report need not wait for the job
        base_url = os.environ.get("BASE_URL", "http://localhost:3003")
        if write_credentials(company, base_url=base_url, file=CREDENTIALS_FILE):
            self.stdout.write(self.style.SUCCESS("New log-ins are in .demo/credentials.json."))
