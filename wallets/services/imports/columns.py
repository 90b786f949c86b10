"""What each kind of file says: its columns, what may stand in them, and an example for the template."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from budgets.models.vocabulary import Enforcement, PeriodType
from compliance.api.fields import EmailField
from ledger.api.fields import CurrencyField, MoneyField, TextField, WordField
from ledger.api.serializers import StrictSerializer
from ledger.api.times import DateField
from ledger.money import ZERO
from ledger.selectors.assets import WALLET_CURRENCIES
from wallets.models import WalletType
from wallets.models.bulk_import import ImportKind

LONGEST_WHO = 254
JOINING_ROLES = ("EMPLOYEE", "MANAGER")
"""Roles with rights over money or access are not given by a file."""


class PointMoneyField(MoneyField):
    """An amount with a point. What a spreadsheet writes with commas could be read in two ways, so it is not read."""

    def to_internal_value(self, data: Any) -> Decimal:
        if "," in data or " " in data:
            self.refuse("Write the amount with a point and nothing else, such as 1234.50.", "money.invalid")
        return super().to_internal_value(data)


class JoinerRow(StrictSerializer):
    email = EmailField(help_text="Unique in the whole service.")
    first_name = TextField(max_length=100)
    last_name = TextField(max_length=100)
    role = WordField(JOINING_ROLES, default="EMPLOYEE", help_text="EMPLOYEE or MANAGER; EMPLOYEE if it is empty.")
    team = TextField(max_length=100, required=False, help_text="Name of a team that exists.")
    currency = CurrencyField(
        among=WALLET_CURRENCIES, required=False, help_text="With it a PRIMARY wallet is opened, with the usual budgets."
    )


class WalletRow(StrictSerializer):
    amounts = {"initial_balance": "currency"}

    owner = TextField(max_length=LONGEST_WHO, help_text="E-mail address or id of the person.")
    currency = CurrencyField(among=WALLET_CURRENCIES)
    type = WordField(tuple(WalletType.values), default=WalletType.PRIMARY.value, help_text="PRIMARY if it is empty.")
    initial_balance = PointMoneyField(
        zero_allowed=True, default=ZERO, help_text="From the company's funding account; 0 if it is empty."
    )


class BudgetRow(StrictSerializer):
    wallet = TextField(
        max_length=LONGEST_WHO, required=False, help_text="Id of the wallet, or its owner's e-mail address (PRIMARY)."
    )
    team = TextField(max_length=100, required=False, help_text="Name of a team; with neither, the whole company.")
    amount = PointMoneyField(help_text="What each period starts with.")
    currency = CurrencyField(required=False, help_text="The wallet's or the company's if it is empty.")
    period = WordField(tuple(PeriodType.values), default=PeriodType.MONTHLY.value, help_text="MONTHLY if it is empty.")
    name = TextField(max_length=100, required=False, help_text="Named by its period if it is empty.")
    mode = WordField(tuple(Enforcement.values), default=Enforcement.BLOCK.value, help_text="BLOCK if it is empty.")
    categories = TextField(max_length=500, required=False, help_text="Separated by |; empty = all spends.")
    start_date = DateField(required=False, help_text="First day; today if it is empty.")
    end_date = DateField(required=False, help_text="Last day; CUSTOM needs it.")


class TopUpRow(StrictSerializer):
    amounts = {"amount": "currency"}

    wallet = TextField(max_length=LONGEST_WHO, help_text="Id of the wallet, or its owner's e-mail address (PRIMARY).")
    amount = PointMoneyField(help_text="From the company's funding account.")
    currency = CurrencyField(among=WALLET_CURRENCIES, help_text="Has to be the wallet's.")
    description = TextField(max_length=500, required=False, help_text="Shown in the statement; kept for ever.")
    reference = TextField(
        max_length=100, required=False, help_text="Such as 2026-12. It also tells two files with the same rows apart."
    )


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `examples`: rows of the template, by column."""

    kind: ImportKind
    title: str
    about: str
    reader: type[StrictSerializer]
    examples: tuple[tuple[str, ...], ...]

    @property
    def fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return dict(self.reader().fields)

    @property
    def columns(self) -> list[str]:
        return list(self.fields)

    @property
    def required(self) -> list[str]:
        return [name for name, field in self.fields.items() if field.required]


FORMATS: dict[ImportKind, Format] = {
    format.kind: format
    for format in (
        Format(
            ImportKind.JOINERS,
            "Joiners",
            "New people, and with a currency their wallets.",
            JoinerRow,
            (
                ("jane.doe@example.com", "Jane", "Doe", "EMPLOYEE", "Field", "EUR"),
                ("sam.roe@example.com", "Sam", "Roe", "MANAGER", "", ""),
            ),
        ),
        Format(
            ImportKind.WALLETS,
            "Wallets",
            "Wallets of people who are here already.",
            WalletRow,
            (("jane.doe@example.com", "EUR", "PRIMARY", "100.00"), ("sam.roe@example.com", "USD", "SAVINGS", "")),
        ),
        Format(
            ImportKind.BUDGETS,
            "Budgets",
            "New budgets of wallets, teams or the company.",
            BudgetRow,
            (
                ("jane.doe@example.com", "", "600.00", "EUR", "MONTHLY", "", "BLOCK", "meals|travel", "", ""),
                ("", "Field", "5000.00", "EUR", "QUARTERLY", "Team", "WARN", "", "2027-01-01", "2027-12-31"),
            ),
        ),
        Format(
            ImportKind.TOP_UPS,
            "Top-ups",
            "Money from the company's funding account into wallets.",
            TopUpRow,
            (
                ("jane.doe@example.com", "100.00", "EUR", "Allowance", "2026-12"),
                ("0199d0a4-7f3e-7c1b-8a55-2f4a90b6c010", "50.50", "EUR", "", "2026-12"),
            ),
        ),
    )
}
