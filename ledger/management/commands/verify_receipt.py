import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.core.receipts import ReceiptInvalid, verify_receipt
from ledger.selectors.seal_keys import Verifier, parse_keys, public_keys


class Command(BaseCommand):
    help = "Check a receipt without looking into the database; exits non-zero when it proves nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="What GET /v1/transactions/{txn_id}/receipt answered.")
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            metavar="ID:BASE64",
            help="A public key to trust, instead of this installation's own.",
        )

    def handle(self, *args: Any, file: Path, key: list[str], **options: Any) -> None:
        try:
            receipt = json.loads(file.read_text(encoding="utf-8"))
            rows = verify_receipt(receipt, Verifier(parse_keys(key) if key else public_keys()))
        except (OSError, ValueError) as error:
            raise CommandError(f"This file cannot be read as JSON: {error}") from error
        except (ReceiptInvalid, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        for row in rows:
            self.stdout.write(json.dumps(row, ensure_ascii=False))
        self.stdout.write(self.style.SUCCESS(f"Transaction {receipt['txn_id']} is sealed as shown."))
