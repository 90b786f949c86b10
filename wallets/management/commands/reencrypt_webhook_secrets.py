from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wallets.services.webhooks.keys import UnreadableSecret, reencrypt_secrets


class Command(BaseCommand):
    help = "Encrypt the keys of webhook endpoints with the first of WEBHOOK_ENCRYPTION_KEYS, so that the others can go."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = reencrypt_secrets()
        except UnreadableSecret as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{count} keys are encrypted with the first of WEBHOOK_ENCRYPTION_KEYS.")
