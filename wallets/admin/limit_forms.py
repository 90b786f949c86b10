"""What the dialogs of a limit ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from budgets.models import Limit
from budgets.models.vocabulary import LimitedType, LimitWindow
from budgets.services.limits import LimitSpec
from compliance.admin.staff import signed_in
from ledger.api.serializers import require_scale_of
from ledger.errors import Forbidden, InvalidInput
from ledger.money import format_amount
from ledger.selectors.assets import get_asset
from wallets.admin.dialogs import HistoryReasonForm
from wallets.admin.form_fields import AmountField, choice, dialog, whole_number
from wallets.models import Wallet
from wallets.selectors.budgets import get_visible_limit
from wallets.selectors.wallets import get_wallet
from wallets.services.budgets import calendar_of_company, require_may_set

MOST_SPENDS = 1_000_000
WINDOWS = tuple((window.value, window.label) for window in LimitWindow)
TYPES = (
    (LimitedType.ANY.value, "All spends"),
    (LimitedType.PAYMENT.value, "Payments"),
    (LimitedType.TRANSFER.value, "Transfers"),
    (LimitedType.WITHDRAWAL.value, "Withdrawals"),
)
ONE_WALLET, ALL_WALLETS = "ONE", "ALL"


class LimitFiguresForm(HistoryReasonForm):
    max_amount = AmountField(label="Most in all", required=False, help_text="Any amount without it.")
    max_count = whole_number(MOST_SPENDS, label="Most spends", required=False, help_text="Any number without it.")
    field_order: tuple[str, ...] = ("max_amount", "max_count", "reason")

    def clean_max_count(self) -> int | None:
        return self.cleaned_data["max_count"] or None

    def figures(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("max_amount", "max_count")}

    def require_scale(self, currency: str) -> None:
        """Refuse what is finer than the currency, beside the field."""
        amount = self.cleaned_data.get("max_amount")
        try:
            if amount is not None:
                require_scale_of(amount, currency, "max_amount")
        except InvalidInput as error:
            raise ValidationError({"max_amount": error.detail}) from None


class ChangeLimitForm(LimitFiguresForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit: Limit = get_visible_limit(signed_in(self.request), UUID(str(self.object_id)))
        scale = get_asset(self.limit.currency).cash_scale
        amount = self.limit.max_amount
        self.fields["max_amount"].initial = None if amount is None else format_amount(amount, scale)
        self.fields["max_count"].initial = self.limit.max_count

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        self.require_scale(self.limit.currency)
        return cleaned

    def spec(self, limit: Limit) -> LimitSpec:
        """The limit of the same kind with other figures."""
        return LimitSpec(
            company_id=limit.company_id,
            user_id=limit.user_id,
            wallet_id=limit.wallet_id,
            limited_type=LimitedType(limit.limited_type),
            window=LimitWindow(limit.window),
            currency=limit.currency,
            calendar=calendar_of_company(signed_in(self.request).company),
            **self.figures(),
        )


class NewLimitForm(LimitFiguresForm):
    window = choice(WINDOWS, label="Over", initial=LimitWindow.DAILY.value)
    limited_type = choice(TYPES, label="Of")
    covers = choice(
        ((ONE_WALLET, "This wallet"), (ALL_WALLETS, "All wallets of its owner together")), label="It covers"
    )
    field_order = ("window", "limited_type", "covers", "max_amount", "max_count", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        self.require_scale(get_wallet(signed_in(self.request), UUID(str(self.object_id))).currency)
        return cleaned

    def spec(self, wallet: Wallet) -> LimitSpec:
        """What a dialog on a wallet's page asks for."""
        wanted = self.cleaned_data
        spec = LimitSpec(
            company_id=wallet.company_id,
            user_id=wallet.user_id,
            wallet_id=wallet.id,
            limited_type=LimitedType(wanted["limited_type"]),
            window=LimitWindow(wanted["window"]),
            currency=wallet.currency,
            calendar=calendar_of_company(signed_in(self.request).company),
            **self.figures(),
        )
        return spec if wanted["covers"] == ONE_WALLET else replace(spec, wallet_id=None)


CHANGE_LIMIT = dialog(
    "Change this limit?", "What was used in its present window stays used.", ChangeLimitForm, "Change"
)
NEW_LIMIT = dialog(
    "Set a limit?",
    "One binds per window and kind of spend: the same again with other figures changes it.",
    NewLimitForm,
    "Set",
)


def may_limit(caller: Any, user_id: UUID) -> bool:
    """Whether the limits of somebody who is visible to a caller are his to set."""
    try:
        require_may_set(caller, user_id)
    except Forbidden:
        return False
    return True
