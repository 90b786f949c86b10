"""The page of a transaction, as far as this floor knows more of it: links to budgets and limits, the receipt, and the
calls of the interface."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse

from compliance.admin.staff import signed_in
from ledger.admin.gates import GateCell
from ledger.errors import ServiceError
from ledger.selectors.decisions import DecisionRecord, Gate
from ledger.selectors.receipts import receipt_of
from ledger.selectors.seals import seal_over_all
from ledger.selectors.transactions import events_of
from wallets.admin.asking import rule_cell
from wallets.admin.curl import calls_for
from wallets.admin.undoing import UndoableTransactionAdmin
from wallets.selectors.receipts import visible_parts
from wallets.selectors.rule_links import rule_links

NOT_SEALED = "It is not sealed yet: that takes about a minute. Try again then."


class TransactionScreen(UndoableTransactionAdmin):
    change_form_outer_before_template = "admin/ledger/transaction/receipt.html"
    change_form_outer_after_template = "admin/ledger/transaction/calls.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.receipt)
        return [path("<uuid:object_id>/receipt/", view, name="ledger_transaction_receipt"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        row = options["obj"]
        context["seal"] = seal_over_all(list(events_of(row.id).values_list("id", flat=True)))
        context["receipt_url"] = reverse("admin:ledger_transaction_receipt", args=[row.id])
        hold = row.reservation if row.is_payer_visible else None
        context["calls"] = calls_for(row, hold, base=request.build_absolute_uri("/").rstrip("/"))
        return super().render_change_form(request, context, **options)

    def gate_cells(self, request: HttpRequest, decisions: list[DecisionRecord], visible: Collection[UUID]) -> GateCell:
        """Budgets and limits lead to their pages, as far as the reader may open them."""
        links = rule_links(signed_in(request), [gate for record in decisions for gate in record.gates])

        def cell(gate: Gate) -> str:
            return rule_cell(gate, links) if gate.name else self.named_gate(gate, visible)

        return cell

    def receipt(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The proof that it is sealed, as the interface gives it; without one back to the page, which says why."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.visible(request, str(object_id))
        try:
            receipt = receipt_of(row.id, visible_parts(signed_in(request), row))
        except ServiceError as error:
            return self._without_receipt(request, row.id, error.detail)
        if receipt is None:
            return self._without_receipt(request, row.id, NOT_SEALED)
        name = f"receipt-{row.id}.json"
        return JsonResponse(receipt, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def _without_receipt(self, request: HttpRequest, id: UUID, why: str) -> HttpResponse:
        messages.error(request, why)
        return HttpResponseRedirect(reverse("admin:ledger_transaction_change", args=[id]))
