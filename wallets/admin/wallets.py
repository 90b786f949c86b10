from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from compliance.admin.staff import record_looks, signed_in
from compliance.api.origin import origin_of_admin
from compliance.selectors.scope import users_visible_to
from ledger.admin.cells import EMPTY, label_cell, money_cell
from ledger.admin.screens import Table
from ledger.api.refusals import refused
from ledger.errors import ServiceError
from ledger.selectors.assets import get_asset
from ledger.selectors.balances import wallet_figures
from ledger.selectors.clock import database_now
from ledger.selectors.lifecycle import status_history
from wallets.admin.breaking import BREAK_LOCK, DIALOG, BreakForm, lock_cell, may_break
from wallets.admin.charts import Chart, balance_chart
from wallets.admin.dialogs import HistoryReasonForm, plain_words, tell
from wallets.admin.explanations import explanation_tables
from wallets.admin.filters import CurrencyFilter, LockFilter, TeamFilter
from wallets.admin.pages import figure_cards, history_table, holds_table, movements_table
from wallets.admin.statements import downloads, statement_file
from wallets.admin.statuses import CLOSE, FREEZE, REACTIVATE, SUSPEND, Button, offered
from wallets.admin.wallet_rules import RULES, RuledWallets, rule_tables, rules_offered
from wallets.models import Wallet
from wallets.selectors.balances import forget_figures
from wallets.selectors.wallets import wallets_visible_to, with_lock
from wallets.services.wallet_locks import BREAKERS, break_lock
from wallets.services.wallets import KEEPERS, change_status


@admin.register(Wallet)
class WalletAdmin(RuledWallets):
    list_display = ("owner", "team", "type", "currency", "status_label", "lock_label", "available", "reserved", "total")
    list_filter = ("status", "type", CurrencyFilter, TeamFilter, LockFilter)
    search_ids = ("id", "user_id")
    search_parts = ("user__first_name", "user__last_name", "user__email")
    search_help_text = "Name or e-mail of the owner, or a whole id"
    ordering = ("user__last_name", "user__first_name", "id")
    fields = (
        ("owner_link", "team"),
        ("type", "currency"),
        ("id", "status_label"),
        ("created_at", "updated_at"),
        "lock_label",
    )
    actions_detail = ("freeze", "suspend", "reactivate", "close", BREAK_LOCK, *RULES)
    change_form_outer_before_template = "admin/wallets/wallet/figures.html"

    # -- What is seen, and by whom.

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wallet]:
        return with_lock(wallets_visible_to(signed_in(request))).select_related("user__team", "user__company")

    def rows(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The page's rows with their figures, all of them in one query."""
        figures = wallet_figures([wallet.id for wallet in rows])
        for wallet in rows:
            wallet.figures = figures[wallet.id]
        record_looks(request, [wallet.user_id for wallet in rows])
        return rows

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        wallet = options["obj"]
        context["figures"] = figure_cards(wallet)
        context["downloads"] = downloads(wallet)
        context["chart"] = _chart(wallet)
        context["explain_url"] = reverse("admin:wallets_wallet_explain", args=[wallet.id])
        return super().render_change_form(request, context, **options)

    def explain(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Why the balance is what it is."""
        wallet, now = self._visible(request, str(object_id)), database_now()
        record_looks(request, [wallet.user_id])
        context = {
            **self.admin_site.each_context(request),
            "title": f"{wallet.user.get_full_name()}, {wallet.type.lower()} wallet in {wallet.currency}",
            "wallet_url": reverse("admin:wallets_wallet_change", args=[wallet.id]),
            "now": now,
            "tables": explanation_tables(wallet, now),
        }
        return TemplateResponse(request, "admin/wallets/wallet/explain.html", context)

    def tables(self, request: HttpRequest, row: Wallet) -> list[Table]:
        changes = status_history(row.id, row.currency)
        actors = users_visible_to(signed_in(request)).in_bulk({c.actor_id for c in changes if c.actor_id})
        record_looks(request, {row.user_id, *actors})
        rules = rule_tables(request, row)
        return [*rules, *holds_table(row), movements_table(row), history_table(changes, actors)]

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "<uuid:object_id>/explain/": ("wallets_wallet_explain", self.explain),
            "<uuid:object_id>/statement/<slug:period>/<slug:form>/": (
                "wallets_wallet_statement",
                self.download_statement,
            ),
        }
        own = [path(route, self.admin_site.admin_view(view), name=name) for route, (name, view) in pages.items()]
        return [*own, *super().get_urls()]

    def download_statement(
        self, request: HttpRequest, object_id: UUID, period: str, form: str
    ) -> HttpResponse | StreamingHttpResponse:
        """A statement as a file; one that its form cannot hold leads back to the page, with the reason."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wallet = self._visible(request, str(object_id))
        try:
            return statement_file(request, wallet, period=period, form=form)
        except ServiceError as error:
            messages.error(request, plain_words(error))
            return HttpResponseRedirect(reverse("admin:wallets_wallet_change", args=[wallet.id]))

    @display(header=True, ordering="user__last_name")  # type: ignore[untyped-decorator]  # Unfold is untyped
    def owner(self, wallet: Wallet) -> list[str]:
        person = wallet.user
        return [person.get_full_name(), person.email, f"{person.first_name[:1]}{person.last_name[:1]}"]

    @admin.display(description="Owner")
    def owner_link(self, wallet: Wallet) -> str:
        url = reverse("admin:compliance_user_change", args=[wallet.user_id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, wallet.user.get_full_name())

    @admin.display(ordering="user__team__name")
    def team(self, wallet: Wallet) -> str:
        return wallet.user.team.name if wallet.user.team else EMPTY

    @admin.display(description="Status", ordering="status")
    def status_label(self, wallet: Wallet) -> str:
        return label_cell(wallet.status)

    @admin.display(description="Lock")
    def lock_label(self, wallet: Wallet) -> str:
        return lock_cell(wallet)

    @admin.display
    def available(self, wallet: Any) -> str:
        return money_cell(wallet.figures.available, wallet.currency)

    @admin.display
    def reserved(self, wallet: Any) -> str:
        return money_cell(wallet.figures.reserved, wallet.currency)

    @admin.display
    def total(self, wallet: Any) -> str:
        return money_cell(wallet.figures.total, wallet.currency)

    # -- What is done, and by whom. Each has a dialog: without one, Unfold runs actions on GET.

    def has_change_status_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a wallet that is visible: Unfold hands over any id that was typed, whatever the list hides.
        Whether it is this person's to do on this wallet, the use case says."""
        if object_id is not None:
            self._visible(request, object_id)
        return signed_in(request).role in KEEPERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The buttons that make sense for this wallet."""
        caller, wallet = signed_in(request), self._visible(request, object_id)
        names = offered(caller, wallet) | ({BREAK_LOCK} if may_break(caller, wallet) else set())
        names |= rules_offered(request, wallet)
        return [button for button in self._get_base_actions_detail() if button.path in names]

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description=FREEZE.title, permissions=["change_status"], dialog=FREEZE.dialog(), icon="ac_unit"
    )
    def freeze(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        return self._change_status(request, form, object_id, FREEZE)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description=SUSPEND.title, permissions=["change_status"], dialog=SUSPEND.dialog(), icon="pause_circle"
    )
    def suspend(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        return self._change_status(request, form, object_id, SUSPEND)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description=REACTIVATE.title, permissions=["change_status"], dialog=REACTIVATE.dialog(), icon="play_circle"
    )
    def reactivate(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        return self._change_status(request, form, object_id, REACTIVATE)

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description=CLOSE.title,
        permissions=["change_status"],
        dialog=CLOSE.dialog(),
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def close(self, request: HttpRequest, form: HistoryReasonForm, object_id: str) -> HttpResponse:
        return self._change_status(request, form, object_id, CLOSE)

    def _change_status(
        self, request: HttpRequest, form: HistoryReasonForm, object_id: str, button: Button
    ) -> HttpResponse:
        wallet, caller = self._visible(request, object_id), signed_in(request)

        def act() -> str:
            _, refusal = change_status(
                caller=caller,
                wallet_id=wallet.id,
                status=button.status,
                reason=form.cleaned_data["reason"],
                origin=origin_of_admin(request),
            )
            if refusal is not None:
                raise refused(refusal, get_asset(wallet.currency))
            forget_figures(wallet.id)
            return f"The wallet is now {button.status.lower()}."

        return tell(request, act, reverse("admin:wallets_wallet_change", args=[wallet.id]))

    def has_break_lock_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """As above."""
        if object_id is not None:
            self._visible(request, object_id)
        return signed_in(request).role in BREAKERS

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Break the lock", permissions=[BREAK_LOCK], dialog=DIALOG, icon="lock_open"
    )
    def break_lock(self, request: HttpRequest, form: BreakForm, object_id: str) -> HttpResponse:
        wallet, reason = self._visible(request, object_id), form.cleaned_data["reason"]

        def act() -> str:
            break_lock(caller=signed_in(request), wallet=wallet, reason=reason, origin=origin_of_admin(request))
            return "The lock is broken."

        return tell(request, act, reverse("admin:wallets_wallet_change", args=[wallet.id]))


def _chart(wallet: Wallet) -> Chart | None:
    """None when adding up would take too long for a page."""
    try:
        return balance_chart(wallet, database_now())
    except OperationalError:
        return None
