"""The errors of this service, as one tree.

    ServiceError                       every expected failure: a stable code and data, never matched by text
    ├── InvalidInput                   the caller sent something that can never work
    │   ├── MoneyInvalid               money.invalid
    │   ├── MoneyScaleExceeded         money.scale_exceeded
    │   ├── EffectiveAtRefused         a back-dated command counts from a time that it may not
    │   └── CurrencyUnsupported        currency.unsupported
    ├── NotFound                       not there, or not for this caller's eyes
    ├── Forbidden                      visible, but not this caller's to do
    ├── Conflict                       the state of a document forbids it (409 codes)
    ├── IdempotencyKeyReused           the key is taken by another request
    ├── PreconditionFailed             If-Match or a wished condition does not hold
    ├── Refused                        the ledger's machine said no; carries the gates that failed
    ├── RateLimited                    too many requests
    ├── Busy                           somebody else holds the rows or the key just now; retry
    ├── Unavailable                    the service cannot answer now; nothing happened; retry
    └── OutcomeUnknown                 the connection broke around COMMIT; retry with the same key

A refusal that the ledger's machine decides is a value (`ledger.core.refusals`), not an exception; the edge wraps
it in `Refused` (`ledger.api.refusals`) to answer it.
Which HTTP status belongs to a code is known to `walletsite.problems` alone.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

CONNECTION_LOST = frozenset({None, "57P01", "57P02"})
"""SQLSTATEs with which a COMMIT may have happened: cut off, ended by an administrator, ended by a crash."""


class ServiceError(Exception):
    """An expected failure.

    Args:
        detail: one plain sentence for people; may change at any time.
        code: stable machine-readable code when the class serves several.
        **data: members that the answer carries besides (for example `errors`, `blockers`, `existing_id`).
    """

    code = "request.validation"

    def __init__(self, detail: str, *, code: str | None = None, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.data = data


class InvalidInput(ServiceError):
    """400. Pass `pointer` to name the offending member (RFC 6901)."""

    def __init__(self, detail: str, *, pointer: str | None = None, code: str | None = None, **data: Any) -> None:
        super().__init__(detail, code=code, **data)
        if pointer is not None:
            self.data["errors"] = [{"pointer": pointer, "code": self.code, "detail": detail}]


class MoneyInvalid(InvalidInput):
    code = "money.invalid"


class MoneyScaleExceeded(InvalidInput):
    code = "money.scale_exceeded"


class CurrencyUnsupported(InvalidInput):
    code = "currency.unsupported"


class EffectiveAtRefused(InvalidInput):
    """`request.validation` at `/effective_at`. `command_id` tells which of several commands it is."""

    def __init__(self, detail: str, *, command_id: UUID) -> None:
        super().__init__(detail, pointer="/effective_at")
        self.command_id = command_id


class NotFound(ServiceError):
    code = "not_found"

    def __init__(self, detail: str = "There is nothing here, or nothing that you may see.") -> None:
        super().__init__(detail)


class Forbidden(ServiceError):
    code = "auth.forbidden"

    def __init__(self, detail: str = "You may see this, but your role may not do that.") -> None:
        super().__init__(detail)


class Conflict(ServiceError):
    """409. Always given its code: `wallet.already_exists`, `wallet.not_empty`, …"""


class IdempotencyKeyReused(ServiceError):
    code = "idempotency.key_reused"

    def __init__(self) -> None:
        super().__init__("This key was used before with a different request. Use a new key for a new request.")


class PreconditionFailed(ServiceError):
    code = "precondition.failed"


class Refused(ServiceError):
    """A decided no, on its way to the caller: 409, 412 or 422 by its code.

    Made by `ledger.api.refusals.refused`. Its data are `gates` (the failing ones), and where they make sense
    `txn_id` (the failed document that was kept) and `blockers`.
    """


class Busy(ServiceError):
    """409, retryable: `lock.timeout` or `idempotency.in_progress`."""

    code = "lock.timeout"
    retry_after_seconds = 1


class Unavailable(ServiceError):
    """503, retryable, nothing happened."""

    code = "service.unavailable"
    retry_after_seconds = 1


class OutcomeUnknown(Unavailable):
    """503, retryable with the same key: whether the commit happened is not known (ADR 0010)."""

    code = "outcome.unknown"


class RateLimited(ServiceError):
    """429. `retry_after_seconds` says when there is room again."""

    code = "rate.limited"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("Too many requests. Wait and try again.")
        self.retry_after_seconds = retry_after_seconds
