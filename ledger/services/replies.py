"""Answers that are kept for requests which the machine alone does not decide, such as one that sets a budget: once per
key, in the transaction of what they tell of (ADR 0005, C11).

What such a request does to the ledger are commands of their own; the request has a row of its own among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import OperationalError, connection

from ledger.core.command import Claim, Origin
from ledger.errors import Busy
from ledger.ids import new_id
from ledger.models import Command
from ledger.services import journal
from ledger.services.claims import LOCK_NOT_AVAILABLE, NO_REPLY, Reply

_ACCEPTED, _REFUSED = Command.Outcome.ACCEPTED, Command.Outcome.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A request with an idempotency key.

    Attributes:
        type: what is wished for, as commands are named: `CreateBudget`.
    """

    claim: Claim
    origin: Origin
    type: str


def answer_once(wish: Wish | None, work: Callable[[], Reply]) -> journal.Outcome:
    """Do something and keep the answer, all or nothing; a key that was used before gets its first answer instead.

    Args:
        wish: None = there is no key, and nothing is kept.
        work: what is to be done; runs in the transaction that keeps its answer. What it raises undoes both.

    Raises:
        Busy: `idempotency.in_progress`, the first request with this key takes longer than `lock_timeout`.
    """
    with journal.use_case():
        if wish is None:
            return journal.Outcome(work())
        id = new_id()
        earlier = _claim(id, wish)
        if earlier is not None:
            return earlier
        reply = work()
        _complete(id, _ACCEPTED, "", reply)
    return journal.Outcome(reply)


def remember_refusal(wish: Wish, reply: Reply, *, code: str) -> journal.Outcome:
    """Keep a no under its key, after what was wished for has been undone.

    Returns:
        The outcome with `reply`, or with an earlier one if somebody else has used the key meanwhile.
    """
    with journal.use_case():
        id = new_id()
        earlier = _claim(id, wish)
        if earlier is None:
            _complete(id, _REFUSED, code, reply)
    return earlier or journal.Outcome(reply)


_CLAIM = """
    INSERT INTO ledger_command (id, scope, key, request_hash, type, actor_type, actor_id, session_id,
                                correlation_id, refusal_code, reply_body, received_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '', '', clock_timestamp())
    ON CONFLICT (scope, key) DO NOTHING
    RETURNING id
"""


def _claim(id: UUID, wish: Wish) -> journal.Outcome | None:
    """Claim the key of a wish, waiting for whoever is claiming it just now; the earlier outcome if it was taken."""
    claim, origin = wish.claim, wish.origin
    who = origin.actor_type, origin.actor_id, origin.session_id, origin.correlation_id
    with connection.cursor() as cursor:
        try:
            cursor.execute(_CLAIM, [id, claim.scope, claim.key, claim.request_hash, wish.type, *who])
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
                raise Busy(
                    "The first request with this key is still running.", code="idempotency.in_progress"
                ) from error
            raise
        if cursor.fetchone() is not None:
            return None
    earlier = Command.objects.get(scope=claim.scope, key=claim.key)
    if bytes(earlier.request_hash) != claim.request_hash:
        return journal.Outcome(NO_REPLY, key_reused=True)
    return journal.Outcome(Reply(earlier.reply_status or 0, earlier.reply_body), replayed=True)


def _complete(id: UUID, outcome: str, code: str, reply: Reply) -> None:
    Command.objects.filter(id=id).update(
        outcome=outcome, refusal_code=code, reply_status=reply.status, reply_body=reply.body
    )
