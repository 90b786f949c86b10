"""Request bodies, read whole before Django sees them, within a size and a time.

The web server hands a body on as it arrives, so a thread that reads one which never ends waits for ever: sixteen
half-sent POSTs stopped all sixteen threads, and with them the service. And Django takes a body that is sent in
chunks, which says no length beforehand, for an empty one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any

from django.core.exceptions import RequestDataTooBig

from ledger.api.parsing import MAX_BODY_BYTES
from ledger.errors import Unavailable

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

PROMPT_SECONDS = 0.1
"""Ordinary bodies come with their head."""
PATIENCE_SECONDS = 10
"""A slow one: 1 MiB over a bad line."""
READERS = 256
"""Threads that wait for bodies. They cost little, and end when their client hangs up."""


class BodyReader:
    """WSGI middleware. What is wrong with a body is raised to whoever reads it.

    Args:
        patient: how many threads of the web server may wait for slow bodies at a time. To more slow ones than that
            the service is unavailable; prompt ones, and requests without a body, are always served.
    """

    def __init__(self, application: Application, *, patient: int) -> None:
        self._application = application
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="body")
        self._patience = BoundedSemaphore(patient)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if (size := _size_to_read(environ)) > 0:
            _hand_over(environ, self._read(environ["wsgi.input"], size))
        return self._application(environ, start_response)

    def _read(self, stream: Any, size: int) -> bytes | Exception:
        if size > MAX_BODY_BYTES + 1:
            return RequestDataTooBig("The body is larger than 1 MiB.")
        arriving = self._readers.submit(stream.read, size)
        try:
            return arriving.result(PROMPT_SECONDS)
        except TimeoutError:
            return self._wait_for(arriving)

    def _wait_for(self, arriving: Future[bytes]) -> bytes | Exception:
        if not self._patience.acquire(blocking=False):
            arriving.cancel()
            return Unavailable("Too many bodies are arriving slowly. Send yours again in one go.")
        try:
            return arriving.result(PATIENCE_SECONDS)
        except TimeoutError as error:
            arriving.cancel()
            return error
        finally:
            self._patience.release()


class Unreadable:
    """In place of a body that could not be read."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, size: int = -1) -> bytes:
        raise self._error

    readline = read


def _size_to_read(environ: Environ) -> int:
    """How many bytes to ask for; 0 = there is no body."""
    if environ.get("HTTP_TRANSFER_ENCODING") and environ.get("wsgi.input_terminated"):
        return MAX_BODY_BYTES + 1
    try:
        return int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _hand_over(environ: Environ, body: bytes | Exception) -> None:
    """Replace the stream. Django reads as many bytes as the length says, and nothing without one."""
    if isinstance(body, Exception):
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = Unreadable(body), "1"
    else:
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
