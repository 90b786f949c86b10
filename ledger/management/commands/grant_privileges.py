from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ledger.services.grants import grant_privileges


class Command(BaseCommand):
    help = "As the owner of the tables: give the service's role (APP_DATABASE_ROLE) the rights it needs, no others."

    def handle(self, *args: Any, **options: Any) -> None:
        role = settings.APP_DATABASE_ROLE
        if not role:
            raise CommandError("APP_DATABASE_ROLE is not set: which role shall be granted to?")
        granted = grant_privileges(role)
        self.stdout.write(f"{role} may use {len(granted)} tables.")
