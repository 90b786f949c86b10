import signal
import threading
from typing import Any

import structlog
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, connection

from wallets.services.webhooks.fanout import note_deliveries
from wallets.services.webhooks.sending import Sender

log = structlog.get_logger(__name__)
IDLE_SECONDS = 0.5
PATIENCE_SECONDS = 0.5
PAUSE_AFTER_FAILURE_SECONDS = 2.0


class Command(BaseCommand):
    help = "Send webhooks, for as long as it runs (or until nothing is due, with --once). Several may run."
    requires_system_checks = (Tags.security,)  # those of the code would load every route and screen

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Send what is due and stop.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        sender = Sender()
        try:
            while not stopping.is_set():
                was_busy, pause = self._round(sender)
                if once and not was_busy:
                    return
                if not was_busy:
                    stopping.wait(pause)
            sender.finish()
        finally:
            sender.close()

    def _round(self, sender: Sender) -> tuple[bool, float]:
        try:
            progress = note_deliveries()
            is_busy = sender.take_turn(patience_seconds=PATIENCE_SECONDS)
        except (DatabaseError, InterfaceError) as error:
            log.warning("webhooks_failed", error=type(error).__name__, detail=str(error).splitlines()[:1])
            connection.close()
            return False, PAUSE_AFTER_FAILURE_SECONDS
        return is_busy or progress.handled > 0 or progress.is_behind, IDLE_SECONDS
