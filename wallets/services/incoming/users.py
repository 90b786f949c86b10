"""UserCreated: the person and the PRIMARY wallet, once (R41, R78)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from compliance.api.fields import EmailField
from compliance.core.origin import Origin as PersonOrigin
from compliance.models import Company, Role, User
from ledger.api.fields import CurrencyField, IdField, TextField, WordField
from ledger.api.serializers import StrictSerializer
from ledger.errors import InvalidInput
from ledger.selectors.assets import WALLET_CURRENCIES
from ledger.services.inbox import Handled, Incoming
from ledger.services.movements import Origin
from wallets.services.people import join


class UserCreated(StrictSerializer):
    user_id = IdField()
    email = EmailField()
    company_id = IdField()
    role = WordField(tuple(Role.values))
    first_name = TextField(max_length=100, min_length=0, default="")
    last_name = TextField(max_length=100, min_length=0, default="")
    currency = CurrencyField(among=WALLET_CURRENCIES, required=False)


def as_id(value: Any) -> UUID | None:
    """An id from data that nobody has validated yet."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def company_of(data: dict[str, Any]) -> UUID | None:
    id = as_id(data.get("company_id"))
    return Company.objects.filter(id=id).values_list("id", flat=True).first() if id else None


def welcome(incoming: Incoming) -> Handled:
    """Make a person's record, without a password, and the PRIMARY wallet in the currency named or the company's.

    Raises:
        InvalidInput: not what a person looks like, an unknown company, an id or address that somebody else has.
    """
    person = UserCreated.read(incoming.data)
    company = Company.objects.filter(id=person["company_id"]).first()
    if company is None or incoming.company_id not in (None, company.id):
        raise InvalidInput("There is no such company.", pointer="/company_id")
    if not _is_here_already(person):
        currency = person.pop("currency", company.currency)
        correlation_id = str(incoming.id)
        join(
            person=person,
            wallet_currency=currency,
            person_origin=PersonOrigin(actor_id=incoming.account_id, correlation_id=correlation_id),
            origin=Origin(actor_type="SYSTEM", actor_id=incoming.account_id, correlation_id=correlation_id),
        )
    return Handled(company_id=company.id, settled=(f"user:{person['user_id']}",))


def _is_here_already(person: dict[str, Any]) -> bool:
    """Whether another event, or somebody at the back office, has made this very person."""
    known = User.objects.filter(id=person["user_id"]).first()
    if known is None:
        return False
    if (known.email, known.company_id) != (person["email"].lower(), person["company_id"]):
        raise InvalidInput("This id belongs to another person.", pointer="/user_id")
    return True
