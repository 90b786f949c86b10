from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import action
from unfold.enums import ActionVariant

from compliance.admin.staff import signed_in
from compliance.api.looks import note_looks
from compliance.api.origin import origin_of_admin
from ledger.admin.cells import label_cell
from ledger.admin.screens import Table
from ledger.api.refusals import refused
from ledger.errors import ServiceError
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from wallets.admin.approvals.four_eyes import FourEyesForm, do_or_ask
from wallets.admin.asking import asked
from wallets.admin.breaking import BREAK_LOCK, DIALOG, BreakForm, lock_cell, may_break
from wallets.admin.charts import balance_chart
from wallets.admin.csv_files import chart_file
from wallets.admin.dialogs import HistoryReasonForm, plain_words, tell
from wallets.admin.drawings import Chart
from wallets.admin.explanations import explanation_tables
from wallets.admin.notes import ADD_NOTE, TEXTS, NotedWallets, last_notes, notes_table
from wallets.admin.owners import owners_for
from wallets.admin.pages import holds_table, last_documents, movements_table, overview_of
from wallets.admin.statements import downloads, statement_file
from wallets.admin.statuses import CLOSE, FREEZE, REACTIVATE, SUSPEND, Button, offered
from wallets.admin.timeline import happenings, timeline_table
from wallets.admin.wallet_approvals import ADJUST, SWEEP, FourEyedWallets, four_eyes_offered
from wallets.admin.wallet_list import ListedWallets, fields_seen, may_see_checks
from wallets.admin.wallet_rules import RULES, rule_tables, rules_offered
from wallets.models import Source, Wallet
from wallets.selectors.balances import forget_figures
from wallets.services.approvals.lifting import require_no_lift_by_one
from wallets.services.wallet_locks import BREAKERS, break_lock
from wallets.services.wallet_notes import WRITERS
from wallets.services.wallets import KEEPERS, change_status


@admin.register(Wallet)
class WalletAdmin(ListedWallets, NotedWallets, FourEyedWallets):
    export_also = {"Owner id": "user_id", "Currency": "currency"}
    fields = (
        ("owner_link", "team"),
        ("type", "currency"),
        ("kyc", "risk"),
        ("status_label", "lock_label"),
        ("created_at", "updated_at"),
        "id",
    )
    actions_detail = ("freeze", "suspend", "reactivate", "close", SWEEP, ADJUST, ADD_NOTE, BREAK_LOCK, *RULES)
    change_form_outer_before_template = "admin/wallets/wallet/figures.html"

    # -- What is seen, and by whom.

    def get_fields(self, request: HttpRequest, obj: Wallet | None = None) -> tuple[Any, ...]:
        return self.fields if may_see_checks(request) else tuple(row for row in self.fields if "kyc" not in row)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        wallet = options["obj"]
        now = wallet.now
        context["heading"], context["status"] = _heading(wallet), label_cell(wallet.status)
        context["overview"] = overview_of(wallet)
        context["downloads"] = downloads(wallet, now)
        context["chart"] = _chart(wallet, now)
        context["file_url"] = reverse("admin:wallets_wallet_balance", args=[wallet.id])
        context["explain_url"] = reverse("admin:wallets_wallet_explain", args=[wallet.id])
        context["ask_url"] = reverse("admin:wallets_wallet_ask", args=[wallet.id])
        return super().render_change_form(request, context, **options)

    def explain(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Why the balance is what it is."""
        wallet, now = self.visible(request, str(object_id)), database_now()
        context = self._page_of(request, wallet, now) | {"tables": explanation_tables(wallet, now)}
        return TemplateResponse(request, "admin/wallets/wallet/explain.html", context)

    def ask(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Whether the wallet could pay something, and if not, why."""
        wallet = self.visible(request, str(object_id))
        context = self._page_of(request, wallet, database_now()) | asked(request, wallet)
        return TemplateResponse(request, "admin/wallets/wallet/ask.html", context)

    def _page_of(self, request: HttpRequest, wallet: Wallet, now: datetime) -> dict[str, Any]:
        note_looks(request, [wallet.user_id])
        return {
            **self.admin_site.each_context(request),
            "title": _heading(wallet),
            "wallet_url": reverse("admin:wallets_wallet_change", args=[wallet.id]),
            "now": now,
        }

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        notes, documents = last_notes(request, row), last_documents(row)
        note_looks(request, [row.user_id], (*fields_seen(request), *([TEXTS] if notes else [])))
        happened = happenings(request, row, documents, notes)
        actors = owners_for(request, [*(one.actor_id for one in happened), *(note.author_id for note in notes)])
        return [
            *notes_table(notes, actors),
            *rule_tables(request, row, row.now),
            *holds_table(row),
            movements_table(row, documents),
            timeline_table(row, happened, actors),
        ]

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "<uuid:object_id>/explain/": ("wallets_wallet_explain", self.explain),
            "<uuid:object_id>/balance/": ("wallets_wallet_balance", self.download_balance),
            "<uuid:object_id>/ask/": ("wallets_wallet_ask", self.ask),
            "<uuid:object_id>/statement/<slug:period>/<slug:form>/": (
                "wallets_wallet_statement",
                self.download_statement,
            ),
        }
        own = [path(route, self.admin_site.admin_view(view), name=name) for route, (name, view) in pages.items()]
        return [*own, *super().get_urls()]

    def download_balance(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The chart of the balance as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wallet = self.visible(request, str(object_id))
        chart = _chart(wallet, database_now())
        if chart is None:
            raise Http404
        return chart_file(request, chart, f"balance-{wallet.id.hex[-8:]}")

    def download_statement(
        self, request: HttpRequest, object_id: UUID, period: str, form: str
    ) -> HttpResponse | StreamingHttpResponse:
        """A statement as a file; one that its form cannot hold leads back to the page, with the reason."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wallet = self.visible(request, str(object_id))
        try:
            return statement_file(request, wallet, period=period, form=form)
        except ServiceError as error:
            messages.error(request, plain_words(error))
            return HttpResponseRedirect(reverse("admin:wallets_wallet_change", args=[wallet.id]))

    @admin.display(description="Owner")
    def owner_link(self, wallet: Wallet) -> str:
        url = reverse("admin:compliance_user_change", args=[wallet.user_id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, wallet.user.get_full_name())

    @admin.display(description="Lock")
    def lock_label(self, wallet: Wallet) -> str:
        return lock_cell(wallet)

    # -- What is done, and by whom. Each has a dialog: without one, Unfold runs actions on GET.

    def has_change_status_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The role, on a wallet that is visible: Unfold hands over any id that was typed, whatever the list hides.
        Whether it is this person's to do on this wallet, the use case says."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in KEEPERS

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The buttons that make sense for this wallet."""
        caller, wallet = signed_in(request), self.visible(request, object_id)
        names = offered(caller, wallet) | ({BREAK_LOCK} if may_break(caller, wallet) else set())
        names |= rules_offered(request, wallet) | four_eyes_offered(request, wallet)
        names |= {ADD_NOTE} if caller.role in WRITERS else set()
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
        wallet, caller = self.visible(request, object_id), signed_in(request)

        def act() -> str:
            require_no_lift_by_one(wallet, button.status, caller=caller, source=Source.ADMIN)
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

        url = reverse("admin:wallets_wallet_change", args=[wallet.id])
        if isinstance(form, FourEyesForm):
            return do_or_ask(request, form, form.intent(), act, url)
        return tell(request, act, url)

    def has_break_lock_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """As above."""
        if object_id is not None:
            self.visible(request, object_id)
        return signed_in(request).role in BREAKERS

    @action(  # type: ignore[untyped-decorator]  # Unfold is untyped
        description="Break the lock", permissions=[BREAK_LOCK], dialog=DIALOG, icon="lock_open"
    )
    def break_lock(self, request: HttpRequest, form: BreakForm, object_id: str) -> HttpResponse:
        wallet, reason = self.visible(request, object_id), form.cleaned_data["reason"]

        def act() -> str:
            break_lock(caller=signed_in(request), wallet=wallet, reason=reason, origin=origin_of_admin(request))
            return "The lock is broken."

        return tell(request, act, reverse("admin:wallets_wallet_change", args=[wallet.id]))


def _heading(wallet: Wallet) -> str:
    return f"{wallet.user.get_full_name()}, {wallet.type.lower()} wallet in {wallet.currency}"


def _chart(wallet: Wallet, now: datetime) -> Chart | None:
    """None when adding up would take too long for a page."""
    try:
        return balance_chart(wallet, now)
    except OperationalError:
        return None
