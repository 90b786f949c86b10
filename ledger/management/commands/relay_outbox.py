import signal
import threading
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.services.relay import Broker, BrokerAway, Relay


class Command(BaseCommand):
    help = "Publish the outbox to the broker, for as long as it runs (or until nothing is due, with --once)."
    requires_system_checks = (Tags.security,)  # those of the code would load every route and screen

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Publish what is due and stop.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        broker = Broker(settings.BROKER_URL)
        try:
            if once:
                self._empty(Relay(broker))
            else:
                self._serve(Relay(broker))
        finally:
            broker.close()

    def _serve(self, relay: Relay) -> None:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        relay.serve(stopping)

    def _empty(self, relay: Relay) -> None:
        try:
            self.stdout.write(f"{relay.empty()} messages handed over.")
        except BrokerAway as error:
            raise CommandError(f"The broker is away, the messages wait. {error}") from error
