"""Who works at Nordwind, and which wallets they have."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.models import Role
from wallets.models import WalletType
from walletsite.demo.spending import ABROAD, DESK, LEAD, SAVER, STAFF, TRAVELLER, Habit

COMPANY_NAME = "Nordwind"
TIME_ZONE = "Europe/Berlin"
CURRENCY = "EUR"
TEAMS = ("Sales", "Engineering", "Operations")


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague. Finance, compliance and audit belong to no team: no manager looks after their wallets."""

    first_name: str
    last_name: str
    habit: Habit
    team: str | None = None
    role: Role = Role.EMPLOYEE

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.last_name}@nordwind.example".lower()


MIA = Person("Mia", "Petersen", TRAVELLER, "Sales")
LENA = Person("Lena", "Hoffmann", LEAD, "Sales", Role.MANAGER)
SOFIA = Person("Sofia", "Rossi", TRAVELLER, "Sales")
JONAS = Person("Jonas", "Weber", TRAVELLER, "Sales")
EMRE = Person("Emre", "Yilmaz", TRAVELLER, "Sales")
CLARA = Person("Clara", "Neumann", TRAVELLER, "Sales")
TOMASZ = Person("Tomasz", "Nowak", LEAD, "Engineering", Role.MANAGER)
RAVI = Person("Ravi", "Menon", DESK, "Engineering")
OSKAR = Person("Oskar", "Brandt", DESK, "Engineering")
ANNA = Person("Anna", "Schneider", DESK, "Engineering")
KATRIN = Person("Katrin", "Berger", LEAD, "Operations", Role.MANAGER)
FELIX = Person("Felix", "Schubert", DESK, "Operations")
MARTA = Person("Marta", "Jensen", DESK, "Operations", Role.FINANCE)
FRIDA = Person("Frida", "Lang", STAFF, role=Role.FINANCE)
CONRAD = Person("Conrad", "Meier", STAFF, role=Role.COMPLIANCE)
AUDREY = Person("Audrey", "Laurent", STAFF, role=Role.AUDITOR)

PEOPLE = (
    LENA,
    MIA,
    SOFIA,
    JONAS,
    EMRE,
    CLARA,
    Person("Paul", "Lindqvist", TRAVELLER, "Sales"),
    TOMASZ,
    RAVI,
    OSKAR,
    ANNA,
    Person("Bruno", "Almeida", DESK, "Engineering"),
    Person("Hannah", "Vogel", DESK, "Engineering"),
    Person("Julia", "Kowalska", DESK, "Engineering"),
    KATRIN,
    FELIX,
    Person("David", "Okafor", DESK, "Operations"),
    Person("Nina", "Fischer", DESK, "Operations"),
    Person("Lukas", "Haas", DESK, "Operations"),
    Person("Yara", "Haddad", DESK, "Operations"),
    MARTA,
    FRIDA,
    CONRAD,
    AUDREY,
)

LOG_INS = {
    "employee": MIA,
    "manager": LENA,
    "finance": FRIDA,
    "checker": MARTA,
    "compliance": CONRAD,
    "auditor": AUDREY,
}
"""Who of them can log in, by role. Mia is in Lena's team; the checker is a second one of finance, for four eyes."""


@dataclass(frozen=True, slots=True, eq=False)
class Purse:
    """A wallet before it has an id. Each is its own: they are compared by identity."""

    owner: Person
    type: WalletType
    currency: str
    habit: Habit


PURSES = (
    *(Purse(person, WalletType.PRIMARY, CURRENCY, person.habit) for person in PEOPLE),
    *(Purse(person, WalletType.BUSINESS, "USD", ABROAD) for person in (LENA, JONAS, TOMASZ, RAVI)),
    *(Purse(person, WalletType.SAVINGS, "USD", SAVER) for person in (SOFIA, KATRIN)),
)
