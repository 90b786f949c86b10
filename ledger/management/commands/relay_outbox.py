import signal
import threading
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection
from kombu.exceptions import OperationalError as BrokerError

from ledger.services.relay import leadership, publish_pending

log = structlog.get_logger(__name__)
IDLE_SECONDS = 0.5
PAUSE_AFTER_FAILURE_SECONDS = 2.0


class Command(BaseCommand):
    help = "Publish the outbox to the broker, for as long as it runs (or until it is empty, with --once)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Publish what is pending and stop.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        while not stopping.is_set():
            published, pause = self._round()
            if once and not published:
                return
            if not published:
                stopping.wait(pause)

    def _round(self) -> tuple[int, float]:
        try:
            with leadership() as leader:
                published = publish_pending(settings.BROKER_URL) if leader else 0
        except (BrokerError, OperationalError, OSError) as error:
            log.warning("relay_failed", error=type(error).__name__, detail=str(error).splitlines()[:1])
            connection.close()
            return 0, PAUSE_AFTER_FAILURE_SECONDS
        if published:
            log.info("relay_published", messages=published)
        return published, IDLE_SECONDS
