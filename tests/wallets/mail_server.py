"""A mail server on this machine that speaks real SMTP, and everything that can be wrong with one."""

from __future__ import annotations

import asyncio
import email
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP
from pytest_django import Settings

Answer = Callable[["MailServer", Any], Awaitable[str]]
BACKEND = "django.core.mail.backends.smtp.EmailBackend"


async def take(server: MailServer, session: SMTP) -> str:
    return "250 Taken"


async def drop(server: MailServer, session: SMTP) -> str:
    """Has the message, and is gone before it says so."""
    assert session.transport is not None
    session.transport.close()
    return "250 Nobody hears this"


async def hang(server: MailServer, session: SMTP) -> str:
    """Says nothing until the other side has given up."""
    assert session.transport is not None
    while not session.transport.is_closing():
        await asyncio.sleep(0.01)
    return "421 Too late"


def say(answer: str) -> Answer:
    async def answered(server: MailServer, session: SMTP) -> str:
        return answer

    return answered


@dataclass
class MailServer:
    """Takes messages as `answer` says, refuses recipients as `refused` says, and remembers what it was sent."""

    port: int = 0
    answer: Answer = take
    refused: dict[str, str] = field(default_factory=dict)
    received: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        message: Any = email.message_from_bytes(envelope.content, policy=policy.default)
        self.received.append(message)
        return await self.answer(self, server)

    def addresses(self) -> list[str]:
        return [str(message["To"]) for message in self.received]


@contextmanager
def mail_server(trust: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """A running server; with `trust` (a server's context) it wants STARTTLS first."""
    own, loop = MailServer(), asyncio.new_event_loop()

    def protocol() -> SMTP:
        return SMTP(own, loop=loop, tls_context=trust, require_starttls=trust is not None, hostname="mail.test")

    listening = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0))
    own.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield own
    finally:
        asyncio.run_coroutine_threadsafe(_end(listening), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(listening: asyncio.AbstractServer) -> None:
    listening.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def send_through(settings: Settings, server: MailServer) -> None:
    """Let the service use this server, with little patience."""
    _use(settings, server.port)


def send_to_nobody(settings: Settings) -> None:
    """Let the service use a server that is not there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    _use(settings, port)


def _use(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = BACKEND, "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_TIMEOUT = 0.5
