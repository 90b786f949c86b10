""" "Why can't this wallet pay 90?": asks what would become of a spend and changes nothing. The answer is decided by the
path of a real spend of the owner, with the wallet, its money, every budget and every limit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from budgets.models.vocabulary import LimitedType
from compliance.admin.staff import signed_in
from ledger.admin.cells import id_cell
from ledger.admin.gates import gates_table, sentence
from ledger.admin.screens import as_id
from ledger.api.throttling import limit_wallet
from ledger.errors import ServiceError
from ledger.money import require_scale
from ledger.selectors.assets import get_asset
from ledger.selectors.decisions import Gate
from wallets.admin.dialogs import plain_words
from wallets.admin.form_fields import AmountField
from wallets.admin.origin import origin_of_staff
from wallets.models import Wallet, WalletStatus
from wallets.selectors.rule_links import RuleLinks, rule_links
from wallets.selectors.wallets import held_by_lock, reachable_wallets, wallets_visible_to
from wallets.services.budget_checks import ImaginedSpend, rehearse_spend

TYPES = (
    (LimitedType.PAYMENT.value, "Payment"),
    (LimitedType.TRANSFER.value, "Transfer to a colleague"),
    (LimitedType.WITHDRAWAL.value, "Withdrawal"),
)
MOST_CHARACTERS = 64


class AskForm(forms.Form):
    """What the spend would be. It is sent by GET: asking has no effect."""

    amount = AmountField()
    type = forms.ChoiceField(choices=TYPES, widget=UnfoldAdminSelectWidget, required=False)
    to = forms.CharField(
        label="To whom",
        max_length=254,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of a transfer: a colleague's e-mail, or the whole id of a wallet.",
    )
    category = forms.CharField(max_length=MOST_CHARACTERS, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, data: Any, *, request: HttpRequest, wallet: Wallet) -> None:
        super().__init__(data)
        self.request, self.wallet = request, wallet
        self.fields["amount"].help_text = f"In {wallet.currency}, such as 90.00."

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        try:
            require_scale(amount, get_asset(self.wallet.currency).scale, self.wallet.currency)
        except ServiceError as error:
            raise forms.ValidationError(error.detail) from None
        return amount

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        to, type = cleaned.get("to", ""), cleaned.get("type") or LimitedType.PAYMENT.value
        if bool(to) is not (type == LimitedType.TRANSFER):
            self.add_error("to", "A transfer, and only that, says to whom it goes.")
        receiver = self._receiver(to) if to else None
        if to and receiver is None:
            self.add_error("to", "You see no wallet of this colleague, and there is none of this id.")
        return {**cleaned, "type": LimitedType(type), "receiver": receiver}

    def spend(self) -> ImaginedSpend:
        return ImaginedSpend(
            wallet=self.wallet,
            amount=self.cleaned_data["amount"],
            currency=self.wallet.currency,
            type=self.cleaned_data["type"],
            category=self.cleaned_data["category"],
            to=self.cleaned_data["receiver"],
        )

    def _receiver(self, text: str) -> Wallet | None:
        """By id any wallet of the company, as for a transfer; by e-mail a visible one."""
        caller, id = signed_in(self.request), as_id(text)
        if id is not None:
            found = reachable_wallets(caller, [id]).get(id)
            return None if found is None else found.wallet
        same = Q(user__email=text.lower(), currency=self.wallet.currency)
        named = wallets_visible_to(caller).filter(same).exclude(status=WalletStatus.CLOSED)
        return named.order_by("type", "id").first()


def asked(request: HttpRequest, wallet: Wallet) -> dict[str, Any]:
    """The form as it was sent, and the answer to it: a sentence, and every gate.

    Args:
        wallet: one from `with_lock`.
    """
    form = AskForm(request.GET if "amount" in request.GET else None, request=request, wallet=wallet)
    context: dict[str, Any] = {"form": form, "tables": [], "answer": "", "tone": ""}
    if not form.is_bound or not form.is_valid():
        return context
    try:
        limit_wallet(wallet.id, "check")
        return context | _answer(request, form, wallet)
    except ServiceError as error:
        return context | {"answer": plain_words(error), "tone": "bad"}


def _answer(request: HttpRequest, form: AskForm, wallet: Wallet) -> dict[str, Any]:
    caller = signed_in(request)
    result = rehearse_spend(form.spend(), caller=caller, origin=origin_of_staff(request))
    gates = result.decision.gates
    code = None if result.refusal is None else result.refusal.code
    links = rule_links(caller, gates)
    visible = {wallet.id, *wallets_visible_to(caller).filter(id__in=_wallet_ids(gates)).values_list("id", flat=True)}
    table = gates_table(
        "What was asked", gates, wallet.currency, lambda gate: _named(gate, visible, links), note=_lock(wallet)
    )
    words = sentence(code, gates, wallet.currency)
    return {"answer": words, "tone": "good" if code is None else "bad", "tables": [table]}


def _wallet_ids(gates: tuple[Gate, ...]) -> list[UUID]:
    return [gate.id for gate in gates if isinstance(gate.id, UUID) and not gate.name]


def _named(gate: Gate, visible: set[UUID], links: RuleLinks) -> str:
    if gate.name:
        return rule_cell(gate, links)
    if isinstance(gate.id, UUID) and gate.id in visible:
        return id_cell(gate.id, reverse("admin:wallets_wallet_change", args=[gate.id]))
    return id_cell(gate.id) if isinstance(gate.id, UUID) else gate.id


def rule_cell(gate: Gate, links: RuleLinks) -> str:
    """The name of a budget or limit, leading to its page if the reader may open it."""
    model = links.get(str(gate.id))
    if model is None:
        return gate.name
    url = reverse(f"admin:budgets_{model}_change", args=[gate.id])
    return format_html('<a class="text-link" href="{}">{}</a>', url, gate.name)


def _lock(wallet: Wallet) -> str:
    """What no gate says: an operation may hold the wallet, and keep others away."""
    held = held_by_lock(wallet)
    if held is None:
        return ""
    until = localize(held.lock.expires_at)
    return f"Besides, an operation holds this wallet until {until}, and keeps everybody else from spending."
