"""The errors of this floor.

ServiceError
├── InvalidCredentials   auth.invalid_credentials: who logs in is not told which part was wrong
├── InvalidToken         auth.invalid_token: nor what is wrong with a token
└── RateLimited          rate.limited (`ledger.errors`): too many failed log-ins
"""

from __future__ import annotations

from ledger.errors import ServiceError


class InvalidCredentials(ServiceError):
    code = "auth.invalid_credentials"

    def __init__(self) -> None:
        super().__init__("These credentials are not valid.")


class InvalidToken(ServiceError):
    code = "auth.invalid_token"

    def __init__(self) -> None:
        super().__init__("This token is not valid here, or no longer. Log in again.")
