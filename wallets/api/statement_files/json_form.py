"""A statement as JSON, the form that docs/openapi.json describes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ledger.api.times import rfc3339
from ledger.selectors.statements import Line
from wallets.api.statement_files.document import Document
from wallets.api.statement_files.form import StatementForm


class JSONForm(StatementForm):
    media_type = content_type = "application/json"
    format = "json"
    is_download = False

    def pieces(self, document: Document) -> Iterator[bytes]:
        head = _dumps(_head(document)).removesuffix("}")
        yield f'{head},"lines":['.encode()
        separator = ""
        for line in document.statement.lines():
            yield f"{separator}{_dumps(line_view(document, line))}".encode()
            separator = ","
        yield b"]}"


def line_view(document: Document, line: Line) -> dict[str, str | None]:
    """A line as clients see it."""
    return {
        "txn_id": str(line.transaction_id),
        "type": line.type,
        "description": line.description,
        "effective_at": rfc3339(line.effective_at),
        "amount": document.amount(line.amount),
        "balance_after": document.amount(line.balance_after),
    }


def _head(document: Document) -> dict[str, Any]:
    statement = document.statement
    return {
        "wallet_id": str(document.wallet.id),
        "currency": document.wallet.currency,
        "from": rfc3339(statement.start),
        "to": rfc3339(statement.end),
        "opening_balance": document.amount(statement.opening_balance),
        "closing_balance": document.amount(statement.closing_balance),
        "ledger_version": statement.ledger_version,
    }


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
