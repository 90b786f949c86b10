"""Screens of the ledger: each member of staff sees the rows of his scope. Who sees what is not the ledger's to know,
so both questions are answered by whoever registers the screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from ledger.admin.cells import id_cell
from ledger.admin.screens import EndlessPaginator, ReadOnlyAdmin
from ledger.selectors.scope import Scope

ScopeOf = Callable[[HttpRequest], Scope]
UrlOf = Callable[[UUID], str]


class ScopedAdmin(ReadOnlyAdmin):
    """Attributes:

    scope_of: given at registration: what the member of staff behind a request may see.
    wallet_url: given at registration: where a wallet is shown.
    rows_within: the screen's rows of a scope.
    """

    scope_of: ScopeOf
    wallet_url: UrlOf
    rows_within: Callable[[Scope], QuerySet[Any]]

    paginator = EndlessPaginator
    ordering: tuple[str, ...] = ("-id",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.rows_within(self.scope_of(request))

    def wallet_cell(self, wallet_id: UUID | None) -> str:
        return id_cell(wallet_id, None if wallet_id is None else self.wallet_url(wallet_id))


def link_to(model: str, id: UUID | None) -> str:
    """The end of a ledger row's id, leading to its page."""
    return id_cell(id, None if id is None else reverse(f"admin:ledger_{model}_change", args=[id]))


RULES = frozenset({"budget", "limit"})
"""Streams of what the floors above keep; the ledger has no pages of them."""
