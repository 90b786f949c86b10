"""Bodies that are sent in chunks, and so say no length beforehand: Django would take them for empty."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

from ledger.api.parsing import MAX_BODY_BYTES

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class WholeBodies:
    """WSGI middleware: reads a body of unknown length, within our limit, and says how long it was."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING") and environ.get("wsgi.input_terminated"):
            # One byte more than allowed, so that whoever reads it sees that it is too large.
            body: bytes = environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
            del environ["HTTP_TRANSFER_ENCODING"]
        return self._application(environ, start_response)
