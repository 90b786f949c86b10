"""What the forms have in common: they are chosen by `Accept`, made piece by piece and sent as they are made."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from itertools import chain
from typing import ClassVar

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from wallets.api.statement_files.document import Document

PIECE_BYTES = 256 * 1024


class StatementForm(BaseRenderer):
    """One form of a statement. REST framework picks it by its `media_type`.

    Attributes:
        content_type: what the answer says that it is.
        names_holder: whether it holds personal data, so that a look at it is written down (R189).
        is_download: whether a browser should save it rather than show it.
    """

    content_type: ClassVar[str]
    names_holder: ClassVar[bool] = False
    is_download: ClassVar[bool] = True

    @abstractmethod
    def pieces(self, document: Document) -> Iterator[bytes]:
        """The file from its beginning to its end, in pieces of any size.

        Raises:
            ServiceError: this form cannot hold this statement. Before the first piece.
        """

    def response(self, document: Document) -> HttpResponse | StreamingHttpResponse:
        """The answer: whole when it is small, else streamed. What can fail fails here, before a byte is sent."""
        pieces = _gathered(self.pieces(document))
        first, second = next(pieces, b""), next(pieces, None)
        response: HttpResponse | StreamingHttpResponse
        if second is None:
            response = HttpResponse(first, content_type=self.content_type)
        else:
            response = StreamingHttpResponse(chain((first, second), pieces), content_type=self.content_type)
        if self.is_download:
            response.headers["Content-Disposition"] = f'attachment; filename="{document.file_name}.{self.format}"'
        return response


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces that are worth a write to a socket."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
