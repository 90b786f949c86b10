"""`manage.py prepare_database`: bring the schema, its months and its grants up to date, as the owner."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, call_command


class Command(BaseCommand):
    help = "Migrates, makes the coming months' partitions and grants the service's role what it needs."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=1)
        call_command("ensure_partitions")
        call_command("grant_privileges")
