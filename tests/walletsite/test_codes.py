from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import errors
from ledger.api.serializers import PRECEDENCE
from ledger.core.refusals import RefusalCode
from walletsite.codes import CODES

ROOT = Path(__file__).parents[2]
STATUSES: dict[int, str] = {
    400: "request.malformed request.validation money.invalid money.scale_exceeded currency.unsupported "
    "pagination.invalid idempotency.key_missing",
    401: "auth.required auth.invalid_token auth.invalid_credentials",
    403: "approval.own approval.self auth.forbidden",
    404: "not_found",
    405: "method.not_allowed",
    406: "not_acceptable",
    409: "approval.closed approval.pending "
    "wallet.already_exists wallet.invalid_transition wallet.not_empty reservation.not_open reservation.expired "
    "transfer.duplicate_reference budget.overlap budget.ended budget.request_pending budget.request_closed "
    "import.duplicate import.not_ready statement_pack.not_ready idempotency.in_progress lock.timeout",
    412: "precondition.failed",
    413: "request.too_large",
    415: "media_type.unsupported",
    422: "approval.no_checker approval.required "
    "funds.insufficient budget.exceeded budget.not_evaluable budget.parent_exceeded limit.exceeded "
    "wallet.frozen wallet.suspended wallet.closed currency.mismatch transfer.same_wallet reservation.capture_exceeds "
    "refund.exceeds_original "
    "transaction.not_reversible idempotency.key_reused kyc.required risk.blocked",
    428: "precondition.required",
    429: "rate.limited",
    503: "service.unavailable outcome.unknown",
}
"""The contract. A change here breaks clients."""


def test_one_code_one_status() -> None:
    promised = {code: status for status, codes in STATUSES.items() for code in codes.split()}
    assert {name: code.status for name, code in CODES.items()} == promised


@pytest.mark.parametrize("name", CODES)
def test_a_code_says_what_it_means_and_what_to_do(name: str) -> None:
    code = CODES[name]
    assert code.title
    assert code.meaning.endswith(".")
    assert code.remedy.endswith(".")


def test_what_may_be_retried_is_what_bears_retry_after() -> None:
    retryable = {name for name, code in CODES.items() if code.is_retryable}
    assert retryable == {
        "idempotency.in_progress",
        "lock.timeout",
        "rate.limited",
        "service.unavailable",
        "outcome.unknown",
    }


def test_every_code_that_somebody_raises_is_registered() -> None:
    assert {code.value for code in RefusalCode} <= set(CODES)
    assert set(PRECEDENCE) <= set(CODES)
    assert {error.code for error in _subclasses(errors.ServiceError)} <= set(CODES)
    assert set(_codes_in_source()) <= set(CODES)


def _subclasses(base: type[Any]) -> Iterator[type[Any]]:
    for child in base.__subclasses__():
        yield child
        yield from _subclasses(child)


def _codes_in_source() -> Iterator[str]:
    """Every `code="…"` with a dot in it, wherever an error is made."""
    for app in ("ledger", "compliance", "budgets", "wallets", "walletsite"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                    value = node.value.value
                    if isinstance(value, str) and "." in value:
                        yield value
