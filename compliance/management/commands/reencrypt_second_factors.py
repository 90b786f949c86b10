from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.services.second_factors import UnreadableKey, reencrypt_keys


class Command(BaseCommand):
    help = "Encrypt second factors with the first of SECOND_FACTOR_ENCRYPTION_KEYS, so that the others can go."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = reencrypt_keys()
        except UnreadableKey as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{count} second factors are encrypted with the first of SECOND_FACTOR_ENCRYPTION_KEYS.")
