"""What a database holds, told in figures that know no ids: the same request leaves the same difference each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import psycopg
from django.apps import apps
from django.db import connections

from tests.ledger.sessions import wait_until

State = Mapping[str, tuple[Decimal, ...]]

APPS = ("ledger", "budgets", "wallets", "compliance")
NOT_EFFECTS = frozenset({"JobRun", "LoginSession", "LoginFailure", "Relay", "ReadModel", "SealNode", "RecordNode"})
"""Who tried when, not what was done; and the inner nodes of the seals' trees, whose number hangs on a leaf's place."""

_FIGURES = """
    SELECT 'account/' || concat_ws('/', book, bucket, status),
           ARRAY[count(*), sum(balance * balance), sum(coalesce(min_balance, 0)), sum(seq), sum(life_seq), sum(version)]
    FROM ledger_account WHERE bucket <> 'SYSTEM' GROUP BY 1
    UNION ALL SELECT 'posting', ARRAY[count(*), sum(abs(amount)), sum(account_seq)] FROM ledger_posting
    UNION ALL SELECT 'event/' || type, ARRAY[count(*), sum(seq)] FROM ledger_event GROUP BY 1
    UNION ALL SELECT 'command/' || coalesce(outcome, 'NONE') || '/' || refusal_code,
                     ARRAY[count(*), count(reply_status)] FROM ledger_command GROUP BY 1
    UNION ALL SELECT 'document/' || concat_ws('/', type, state),
                     ARRAY[count(*), sum(amount), sum(fee_amount), sum(refunded_amount), sum(version)]
    FROM ledger_transaction GROUP BY 1
    UNION ALL SELECT 'hold/' || status, ARRAY[count(*), sum(amount), sum(captured_amount), sum(released_amount)]
    FROM ledger_reservation GROUP BY 1
    UNION ALL SELECT 'message/' || concat_ws('/', type, status),
                     ARRAY[count(*), sum(sequence)] FROM ledger_outboxmessage GROUP BY 1
    UNION ALL SELECT 'inbox/' || concat_ws('/', event_type, status, error_code), ARRAY[count(*)]
    FROM ledger_inboxevent GROUP BY 1
    UNION ALL SELECT 'audit/' || event_type, ARRAY[count(*)] FROM compliance_auditrecord GROUP BY 1
    UNION ALL SELECT 'budget/' || status, ARRAY[count(*), sum(amount), sum(version)] FROM budgets_budget GROUP BY 1
    UNION ALL SELECT 'period', ARRAY[count(*), sum(base), sum(adjustments), sum(carry_in), count(closed_at)]
    FROM budgets_budgetperiod
    UNION ALL SELECT 'more/' || concat_ws('/', state, retry), ARRAY[count(*), sum(version)]
    FROM budgets_budgetrequest GROUP BY 1
    UNION ALL SELECT 'limit/' || status, ARRAY[count(*), sum(version)] FROM budgets_limit GROUP BY 1
    UNION ALL SELECT 'wallet/' || status, ARRAY[count(*)] FROM wallets_wallet GROUP BY 1
    UNION ALL SELECT 'approval/' || status, ARRAY[count(*)] FROM wallets_approval GROUP BY 1
    UNION ALL SELECT 'notification/' || concat_ws('/', kind, email_status), ARRAY[count(*)]
    FROM wallets_notification GROUP BY 1
    UNION ALL SELECT 'import/' || state, ARRAY[count(*)] FROM wallets_import GROUP BY 1
    UNION ALL SELECT 'pack/' || state, ARRAY[count(*), sum(wallets)] FROM wallets_statementpack GROUP BY 1
"""


def _statement() -> str:
    models = [model for name in APPS for model in apps.get_app_config(name).get_models()]
    tables = sorted({m._meta.db_table for m in models if m._meta.managed and m.__name__ not in NOT_EFFECTS})
    counts = [f"UNION ALL SELECT 'rows/{table}', ARRAY[count(*)] FROM {table}" for table in tables]
    return f"{_FIGURES} {' '.join(counts)}"


def another_session() -> psycopg.Connection:
    """A session on the service's database that no wrapper sees."""
    default = connections["default"]
    session: psycopg.Connection = default.get_new_connection(default.get_connection_params())
    session.autocommit = True
    return session


class Observer:
    """Looks at the database through a session of its own."""

    def __init__(self) -> None:
        self._session = another_session()
        self._statement = _statement()

    def look(self) -> State:
        rows = self._session.execute(self._statement).fetchall()
        return {key: tuple(Decimal(figure or 0) for figure in figures) for key, figures in rows}

    def wait_for_end_of(self, name: str) -> None:
        """Until the server has noticed that every session of this application name is over."""
        counted = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
        wait_until(lambda: self._session.execute(counted, [name]).fetchone() == (0,))

    def deadlocks(self) -> int:
        """How many there have ever been here. A session tells of its own when it ends."""
        counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        (count,) = self._session.execute(counted).fetchone() or (0,)
        return int(count)

    def close(self) -> None:
        self._session.close()


def difference(after: State, before: State) -> State:
    """What has come to the figures, without those that are as before."""
    changed = {}
    for key in {*after, *before}:
        now, then = after.get(key, ()), before.get(key, ())
        width = max(len(now), len(then))
        steps = tuple(a - b for a, b in zip(_wide(now, width), _wide(then, width), strict=True))
        if any(steps):
            changed[key] = steps
    return changed


def _wide(figures: Sequence[Decimal], width: int) -> tuple[Decimal, ...]:
    return (*figures, *[Decimal(0)] * (width - len(figures)))


def told(state: State) -> str:
    """A difference, for a person."""
    return (
        ", ".join(f"{key} {'/'.join(f'{f.normalize():f}' for f in state[key])}" for key in sorted(state)) or "nothing"
    )
