from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.services.access import let_administer_access
from ledger.errors import ServiceError


class Command(BaseCommand):
    help = "Let an employee administer access, apart from money: roles, people and service accounts of the company."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="Kept in the audit trail for ever.")
        parser.add_argument("--withdraw", action="store_true", help="Not any more.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = let_administer_access(
                email=options["email"], administers=not options["withdraw"], reason=options["reason"]
            )
        except ServiceError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{user} administers access{' no more' if options['withdraw'] else ''}.")
