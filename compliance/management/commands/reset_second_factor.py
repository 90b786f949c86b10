from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.core.origin import Origin
from compliance.models import User
from compliance.services.second_factors import clear_factor
from compliance.services.users import normalise_email
from ledger.errors import PreconditionFailed


class Command(BaseCommand):
    help = "Take a person's second factor away, for when nobody is left who could in the back office. All sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="kept in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=normalise_email(options["email"])).first()
        if user is None:
            raise CommandError("There is no such person.")
        try:
            clear_factor(user_id=user.id, reason=options["reason"], origin=Origin())
        except PreconditionFailed as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{user} sets up a new second factor at the next log-in.")
