"""People for tests. The cast: alice works in bob's team, charlie in another one of the same company."""

from __future__ import annotations

from dataclasses import dataclass

import factory
from django.contrib.auth.hashers import make_password

from compliance.core.access import SERVICE_SCOPES
from compliance.models import Company, Role, ServiceAccount, Team, User
from ledger.ids import new_id

PASSWORD = "a quiet winter evening"
SECRET = "nLwE4pYkVtq0o1mC9sRzXfB7uJ2hG5aD8iKeQyW3TbM"


class CompanyFactory(factory.django.DjangoModelFactory):  # type: ignore[misc]  # untyped
    class Meta:
        model = Company

    name = factory.Sequence("Company {}".format)


class TeamFactory(factory.django.DjangoModelFactory):  # type: ignore[misc]  # untyped
    class Meta:
        model = Team

    company = factory.SubFactory(CompanyFactory)
    name = factory.Sequence("Team {}".format)


class UserFactory(factory.django.DjangoModelFactory):  # type: ignore[misc]  # untyped
    """An active employee who logs in with PASSWORD. Addresses never repeat, so committed tests may use it too."""

    class Meta:
        model = User

    company = factory.SubFactory(CompanyFactory)
    email = factory.LazyAttribute(lambda user: f"{user.first_name.lower()}.{new_id().hex}@nordwind.example")
    first_name = "Alice"
    last_name = "Winter"
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class ServiceAccountFactory(factory.django.DjangoModelFactory):  # type: ignore[misc]  # untyped
    """Holds every scope and logs in with SECRET."""

    class Meta:
        model = ServiceAccount

    company = factory.SubFactory(CompanyFactory)
    name = "Bookings"
    client_id = factory.LazyFunction(lambda: f"svc-{new_id().hex}")
    secret_hash = factory.LazyFunction(lambda: make_password(SECRET))
    scope_names = sorted(SERVICE_SCOPES)


@dataclass(frozen=True, slots=True)
class Cast:
    company: Company
    alice: User
    bob: User
    charlie: User
    frida: User
    conny: User
    audrey: User
    bookings: ServiceAccount


def make_cast() -> Cast:
    """alice (employee), bob (her manager), charlie (stranger), frida (finance), conny (compliance), audrey (auditor),
    and the service account bookings."""
    company = CompanyFactory()
    field, office = TeamFactory(company=company), TeamFactory(company=company)
    return Cast(
        company=company,
        alice=UserFactory(company=company, team=field),
        bob=UserFactory(company=company, team=field, first_name="Bob", role=Role.MANAGER),
        charlie=UserFactory(company=company, team=office, first_name="Charlie"),
        frida=UserFactory(company=company, first_name="Frida", role=Role.FINANCE),
        conny=UserFactory(company=company, first_name="Conny", role=Role.COMPLIANCE),
        audrey=UserFactory(company=company, first_name="Audrey", role=Role.AUDITOR),
        bookings=ServiceAccountFactory(company=company),
    )
