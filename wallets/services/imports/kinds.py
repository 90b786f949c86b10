"""How the rows of each kind are applied. Only these know what a row is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db.transaction import on_commit

from budgets.models.vocabulary import Enforcement, PeriodType
from budgets.services.checks import MOST
from budgets.services.specs import BudgetSpec
from compliance.core.roles import roles_over_all
from ledger.api.refusals import refused
from ledger.api.serializers import require_scale_of
from ledger.errors import Forbidden, InvalidInput
from ledger.money import plain
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from ledger.services import journal
from ledger.services.accounts import digest, missing_openings
from ledger.services.movements import Claim, Details, Side, Transfer, deposit
from wallets.models import Wallet
from wallets.models.bulk_import import ImportKind
from wallets.selectors.balances import forget_figures
from wallets.services.budgets import Subject, calendar_of_company, default_name, require_may_set, set_budget
from wallets.services.imports.running import Made, Numbered, Values, Work, each, refusals
from wallets.services.people import join
from wallets.services.wallets import Opening, funding_account, open_wallet

IMPORTERS = roles_over_all("imports.ask")
COMMANDS_AT_ONCE = 500
REFERENCE_TYPE = "import"
_ONE_DAY = timedelta(days=1)

Apply = Callable[[Work, list[Numbered]], None]


def join_one(work: Work, row: Values) -> Made:
    team = work.directory.team(row["team"]) if "team" in row else None
    names = {name: row[name] for name in ("email", "first_name", "last_name", "role")}
    user = join(
        person={**names, "team_id": team and team.id, "company_id": work.caller.company_id},
        wallet_currency=row.get("currency"),
        person_origin=work.person_origin,
        origin=work.origin,
    )
    return Made(user.id, user.team_id)


def open_one(work: Work, row: Values) -> Made:
    owner = work.directory.person(row["owner"])
    opening = Opening(owner=owner, currency=row["currency"], type=row["type"], initial_balance=row["initial_balance"])
    wallet, _ = open_wallet(opening, origin=work.origin)
    assert wallet is not None, "without a key nothing is replayed"
    return Made(wallet.id, owner.team_id, opening.currency, opening.initial_balance)


def set_one(work: Work, row: Values) -> Made:
    subject = _subject(work, row)
    spec = _spec(row, subject)
    budget = set_budget(caller=work.caller, spec=spec, reason=work.reason, origin=work.person_origin)
    team_id = subject.team_id if subject.wallet is None else subject.wallet.user.team_id
    return Made(budget.id, team_id, budget.currency, budget.amount)


def _subject(work: Work, row: Values) -> Subject:
    if "wallet" in row and "team" in row:
        raise InvalidInput("A budget is of a wallet or of a team, not of both.", pointer="/team")
    wallet = work.directory.wallet(row["wallet"]) if "wallet" in row else None
    team = work.directory.team(row["team"]) if "team" in row else None
    try:
        require_may_set(work.caller, None if wallet is None else wallet.user_id)
    except Forbidden:
        raise InvalidInput("Nobody sets budgets of his own wallet.", pointer="/wallet") from None
    return Subject(work.caller.company, wallet, None if team is None else team.id)


def _spec(row: Values, subject: Subject) -> BudgetSpec:
    wallet, currency = subject.wallet, row.get("currency", subject.currency)
    if wallet is not None and currency != wallet.currency:
        raise InvalidInput("The wallet holds another currency.", pointer="/currency")
    require_scale_of(row["amount"], currency, "amount")
    if row["amount"] >= MOST:
        raise InvalidInput(f"This must be less than {MOST:,f}.", pointer="/amount", code="money.invalid")
    calendar = calendar_of_company(subject.company)
    period, start = PeriodType(row["period"]), row.get("start_date") or calendar.day_of(database_now())
    words = (word.strip() for word in row.get("categories", "").split("|"))
    categories = tuple(dict.fromkeys(word for word in words if word))
    return BudgetSpec(
        company_id=subject.company.id,
        scope=subject.scope,
        team_id=subject.team_id,
        wallet_id=None if wallet is None else wallet.id,
        user_id=None if wallet is None else wallet.user_id,
        name=row.get("name") or default_name(subject.scope, period, categories),
        currency=currency,
        amount=row["amount"],
        period_type=period,
        start_date=start,
        end_date=row["end_date"] + _ONE_DAY if "end_date" in row else None,
        calendar=calendar,
        categories=categories,
        enforcement=Enforcement(row["mode"]),
        thresholds=(80, 100),
    )


def top_up_all(work: Work, rows: list[Numbered]) -> None:
    """Some hundred deposits at a time. They are sorted by account, so that two imports never wait for each other."""
    wanted: list[tuple[int, Wallet, Transfer]] = []
    for line, row in rows:
        with refusals(work.report, line):
            wallet = work.directory.wallet(row["wallet"])
            wanted.append((line, wallet, _deposit(work, line, wallet, row)))
    wanted.sort(key=lambda one: (Side(one[1].id, one[1].currency).account_id, one[0]))
    for start in range(0, len(wanted), COMMANDS_AT_ONCE):
        some = wanted[start : start + COMMANDS_AT_ONCE]
        outcomes = journal.record([command for _, _, command in some])
        for (line, wallet, command), outcome in zip(some, outcomes, strict=True):
            assert outcome.result is not None, "the key is the import's and the line's own"
            if outcome.result.refusal:
                work.report.refuse(line, refused(outcome.result.refusal, get_asset(wallet.currency)))
            else:
                document = command.document
                work.report.add(line, Made(document.id, wallet.user.team_id, document.asset, document.amount))
        work.note(start + len(some))
    on_commit(partial(forget_figures, *{wallet.id for _, wallet, _ in wanted}))


def _deposit(work: Work, line: int, wallet: Wallet, row: Values) -> Transfer:
    amount, currency = row["amount"], row["currency"]
    if currency != wallet.currency:
        raise InvalidInput(f"The wallet holds {wallet.currency}.", pointer="/currency")
    details = Details(
        claim=Claim(
            scope=f"import:{work.import_id}", key=str(line), request_hash=digest(str(wallet.id), plain(amount))
        ),
        origin=work.origin,
        company_id=work.caller.company_id,
        amount=amount,
        currency=currency,
        description=row.get("description", ""),
        reference_type=REFERENCE_TYPE,
        reference_id=row.get("reference", str(work.import_id)),
    )
    return deposit(funding_account(work.caller.company_id, currency), Side(wallet.id, currency), details)


def open_funding(work: Work, rows: list[Numbered]) -> None:
    """The company's funding accounts in the currencies of the file: part of it, if they are the first."""
    currencies = sorted({row["currency"] for _, row in rows if "currency" in row})
    openings = missing_openings(funding_account(work.caller.company_id, currency) for currency in currencies)
    if openings:
        journal.record(openings)


def _wallets(work: Work, rows: list[Numbered]) -> None:
    open_funding(work, rows)
    each(work, rows, open_one)


def _top_ups(work: Work, rows: list[Numbered]) -> None:
    open_funding(work, rows)
    top_up_all(work, rows)


APPLY: dict[ImportKind, Apply] = {
    ImportKind.JOINERS: lambda work, rows: each(work, rows, join_one),
    ImportKind.WALLETS: _wallets,
    ImportKind.BUDGETS: lambda work, rows: each(work, rows, set_one),
    ImportKind.TOP_UPS: _top_ups,
}
