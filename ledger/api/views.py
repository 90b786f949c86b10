"""The base of every view: who may call, what they may send, and the headers that mean the same everywhere."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.api.fields import IDEMPOTENCY_KEY
from ledger.api.parsing import JSONNumber
from ledger.api.policy import Caller, Policy, caller_of
from ledger.api.schema import Operation, operation_of
from ledger.api.serializers import StrictQuery, StrictSerializer
from ledger.api.throttling import CallerRate
from ledger.errors import InvalidInput, PreconditionFailed

_OUR_TAG = re.compile(r'"v(\d{1,18})"', re.ASCII)
_ANY_TAG = re.compile(r'(W/)?"[^"]*"')


class ServiceView(APIView):
    """A view declares its `policy` per method and an `@operation` on each handler; nothing else is let through."""

    policy: ClassVar[dict[str, Policy]] = {}
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    throttle_classes = [CallerRate]

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self._queries: dict[type[StrictQuery], dict[str, Any]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        declared = operation_of(self, request.method) or Operation(summary="")
        self.query(declared.query)
        if declared.body is None:
            self.body(StrictSerializer)

    @property
    def caller(self) -> Caller:
        """Who calls. Only for methods whose policy asks for a log-in."""
        caller = caller_of(self.request)
        assert caller is not None, "this method lets anyone in"
        return caller

    def body(self, serializer: type[StrictSerializer]) -> dict[str, Any]:
        """The validated body. Raises InvalidInput with one entry in `errors` per mistake."""
        return serializer.read(self.request.data)

    def query(self, parameters: type[StrictQuery]) -> dict[str, Any]:
        """The validated query parameters. Raises InvalidInput likewise."""
        if parameters not in self._queries:
            self._queries[parameters] = parameters.parse(self.request.query_params, self.request.path)
        return self._queries[parameters]

    def problem(self, error: Exception) -> Any:
        """The answer that this error would get, for places that report several at once."""
        return self.get_exception_handler()(error, self.get_exception_handler_context())

    def request_hash(self) -> bytes:
        """Tells requests under the same key apart: SHA-256 over method, path (with its ids, whatever the
        prefix) and the body in canonical form."""
        return canonical_hash([self.request.method, unprefixed(self.request.path), self.request.data])

    def idempotency_key(self, *, required: bool = True) -> str | None:
        """The request's `Idempotency-Key`: 1 to 255 visible ASCII characters."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            if required:
                raise InvalidInput("Send an Idempotency-Key header.", code="idempotency.key_missing")
            return None
        if not IDEMPOTENCY_KEY.fullmatch(key):
            raise InvalidInput("An Idempotency-Key has 1 to 255 visible ASCII characters.")
        return key

    def expected_version(self, *, required: bool = False) -> int | None:
        """The version that `If-Match` names; None when any will do.

        Raises:
            PreconditionFailed: `precondition.required` when it is missing though required;
                `precondition.failed` for a tag that this service never gives.
            InvalidInput: not an entity tag.
        """
        header = self.request.headers.get("If-Match", "").strip()
        if not header:
            if required:
                raise PreconditionFailed(
                    "Send If-Match with the ETag of what you want to change.", code="precondition.required"
                )
            return None
        if header == "*":
            return None
        if ours := _OUR_TAG.fullmatch(header):
            return int(ours[1])
        if _ANY_TAG.fullmatch(header):
            raise PreconditionFailed("This has changed since you read it. Read it again.")
        raise InvalidInput('If-Match is one entity tag, such as "v7".')


def tagged(data: Any, version: int, status: int = 200) -> Response:
    """An answer with its `ETag`."""
    return Response(data, status=status, headers={"ETag": f'"v{version}"'})


def unprefixed(path: str) -> str:
    """The path as the seeds' own routes have it: `/v1/wallets` and `/wallets` are the same resource."""
    return path.removeprefix("/v1")


def canonical_hash(data: Any) -> bytes:
    """SHA-256 of parsed JSON, whatever the order of its members and its white space were."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=_canonical_number)
    return hashlib.sha256(text.encode()).digest()


def _canonical_number(value: object) -> list[str]:
    assert isinstance(value, JSONNumber), value
    return ["number", value.text]
