"""Who may do what: the one table (ADR 0037). Code that decides by role asks it, `docs/back-office.md` shows it, and
`tests/api/test_roles.py` tries each of its cells through the door."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What a role may: do it with his own things, with those of the people whom a manager looks after, or with those of
    the whole company; ask for it, so that somebody else decides; approve what others ask for; look, and change nothing.
    """

    OWN = "own"
    TEAM = "team"
    ALL = "all"
    ASK = "ask"
    APPROVE = "approve"
    READ = "read"


ACCESS = "ACCESS"
"""The column of who administers access: no role, but a flag of employees."""
SYSTEM = "SYSTEM"
PEOPLE = ("EMPLOYEE", "MANAGER", "FINANCE", "COMPLIANCE", "AUDITOR", ACCESS)

_TABLE = """
                      EMPLOYEE   MANAGER       FINANCE      COMPLIANCE  AUDITOR  ACCESS  SYSTEM
own.see               own        own           own          own         own      own     -                 Own balances, history, statements and budgets
team.see              -          team          all          all         all      -       wallets:read      Other people's wallets and transactions
budgets.see           -          team          all          all         all      -       budgets:read      Other people's budgets, limits and requests
people.see            -          team          all          all         all      all     users:read        Other people's names and roles
wallets.open          -          own+team      all          -           -        -       wallets:write     Open a wallet and fund it from the company
wallets.suspend       own        own+team      all          all         -        own     -                 Suspend a wallet
wallets.freeze        -          team          all          all         -        -       -                 Freeze, reopen and close a wallet
wallets.lift          -          team          all          all+approve -        -       -                 Lift what compliance froze, and agree to it
wallets.sweep         -          team          all          -           -        -       -                 Close a wallet with what is left in it
locks.break           -          -             all          all         -        -       -                 Break the lock of an operation on a wallet
notes.write           -          team          all          all         -        -       -                 Write notes on wallets, erase one's own
notes.erase           -          -             -            all         -        -       -                 Erase other people's notes
budgets.set           -          team          all          -           -        -       budgets:write     Set, raise, move, suspend and end budgets and limits
budgets.more          ask        ask+approve   ask+approve  -           -        ask     -                 Ask for more of a budget, and answer
templates.see         -          all           all          all         all      -       budgets:read      Templates of budgets
templates.keep        -          -             all          -           -        -       -                 Change templates of budgets
money.spend           own        own+team      all          own         -        own     transfers:write   Transfer, hold, capture and release money
money.book            -          -             -            -           -        -       bookings:write    Debit and credit by a booking
events.hand_in        -          -             -            -           -        -       events:write      Hand in events of other services
money.undo            -          -             all          -           -        -       transfers:write   Reverse and refund
money.adjust          -          -             all+approve  -           -        -       -                 Ask for adjustments of balances, and agree to them
money.backdate        -          -             all          -           -        -       ledger:backdate   Let something count from the past
imports.ask           -          -             all          read        read     -       -                 Bring files in and ask to have them applied
books.see             -          -             all          all         all      -       -                 When the books were closed
books.close           -          -             all          -           -        -       -                 Close the books
company.see           -          -             all          -           all      -       -                 The company's own balances
company.run           -          -             all          -           -        -       -                 Calendar and zone of the company
seals.see             -          -             all          all         all      -       ledger:read       Seals over the ledger and the records, and their check
webhooks.see          -          -             all          all         all      -       webhooks:write    Webhooks and their deliveries
webhooks.keep         -          -             all          -           -        -       webhooks:write    Change webhooks, send again
messages.see          -          -             all          -           all      -       events:read       The stream of events
messages.settle       -          -             all          -           -        -       -                 Send messages again or skip them, retry or drop events
people.create         -          -             all          -           -        all     users:write       Add people
people.suspend        -          -             all          all         -        all     -                 Suspend and activate people, end their sessions
deputies.name         -          own           own          own         -        all     -                 Name and end deputies
access.give           -          -             -            -           read     all     -                 Roles, and who administers access
rules.see             -          all           all          all         all      -       wallets:read      Rules that say what needs a second person
rules.set             -          -             -            -           -        all     -                 Ask for other rules
programs.prepare      -          -             read         read        read     all     -                 Create service accounts, new secrets
programs.activate     -          -             all          -           -        all     -                 Put service accounts to work, which somebody else prepared
audit.see             -          team          all          all         all      -       -                 The audit trail
looks.see             -          -             -            all         all      -       -                 Who looked at whom
"""  # noqa: E501 - a table is read across


@dataclass(frozen=True, slots=True)
class Capability:
    """
    Attributes:
        rights: of each role that people have and of ACCESS.
        scope: what a service account needs for it; None = programs may not.
    """

    name: str
    title: str
    rights: dict[str, frozenset[Right]]
    scope: str | None


def _read(table: str) -> dict[str, Capability]:
    header, *lines = (line for line in table.splitlines() if line)
    columns = header.split()
    found = {}
    for line in lines:
        name, *cells = line.split(maxsplit=len(columns) + 1)
        *cells, title = cells
        rights = {
            role: frozenset(Right(word) for word in cell.split("+") if word != "-")
            for role, cell in zip(columns, cells, strict=True)
            if role != SYSTEM
        }
        scope = dict(zip(columns, cells, strict=True))[SYSTEM]
        found[name] = Capability(name, title, rights, None if scope == "-" else scope)
    return found


CAPABILITIES = _read(_TABLE)

_OVER_OTHERS = frozenset({Right.TEAM, Right.ALL})


def roles_over_others(capability: str) -> frozenset[str]:
    """The roles that may do something with other people's things or the company's; SYSTEM among them when a scope
    gives it to programs. How far each one reaches, scopes and services say."""
    asked = CAPABILITIES[capability]
    roles = {role for role, rights in asked.rights.items() if rights & _OVER_OTHERS and role != ACCESS}
    return frozenset(roles if asked.scope is None else roles | {SYSTEM})


def roles_over_all(capability: str) -> frozenset[str]:
    """Those of them that reach through the whole company."""
    asked = CAPABILITIES[capability]
    return frozenset(
        role for role in roles_over_others(capability) if role == SYSTEM or Right.ALL in asked.rights[role]
    )


def roles_with(capability: str) -> frozenset[str]:
    """The people's roles that have anything of it, to look at least."""
    return frozenset(role for role, rights in CAPABILITIES[capability].rights.items() if rights and role != ACCESS)


def roles_that_approve(capability: str) -> frozenset[str]:
    """The roles that answer what others ask for."""
    return frozenset(role for role, rights in CAPABILITIES[capability].rights.items() if Right.APPROVE in rights)
