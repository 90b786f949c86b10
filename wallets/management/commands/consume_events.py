import signal
import threading
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand

from ledger.services.consuming import Intake, consume
from wallets.services.incoming.taking import take_message


class Command(BaseCommand):
    help = "Take events of other services from the broker and do what they call for, for as long as it runs."
    requires_system_checks = (Tags.security,)  # those of the code would load every route and screen

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        intake = Intake(
            broker_url=settings.BROKER_URL,
            exchange=settings.INBOX_EXCHANGE,
            exchange_type=settings.INBOX_EXCHANGE_TYPE,
            routing_keys=tuple(settings.INBOX_ROUTING_KEYS),
            queue=settings.INBOX_QUEUE,
        )
        consume(intake, take_message, stopping)
