"""Idempotency: the claim of a command's key, in the same transaction as its effect (ADR 0005, C11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import OperationalError, connection

from ledger.core.commands import AnyCommand, Claim
from ledger.errors import Busy
from ledger.services.arrays import columns

LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it left the service: HTTP status and body. (0, "") stands for no answer to keep."""

    status: int
    body: str


NO_REPLY = Reply(0, "")


@dataclass(frozen=True, slots=True)
class Earlier:
    """The command that holds a key already.

    Attributes:
        command_id: its id; one of the same call when a key appears twice in it.
        same_request: whether it asked for the same (by hash).
        refused: whether the answer was no. Unknown (False) for a twin in the same call.
    """

    command_id: UUID
    same_request: bool
    refused: bool
    reply: Reply


_CLAIM = """
    INSERT INTO ledger_command (id, scope, key, request_hash, type, actor_type, actor_id, session_id,
                                correlation_id, refusal_code, reply_body, received_at)
    SELECT t.id, t.scope, t.key, t.request_hash, t.type, t.actor_type, t.actor_id, t.session_id,
           t.correlation_id, '', '', clock_timestamp()
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::uuid[], %s::uuid[],
                %s::text[]) WITH ORDINALITY
         AS t(id, scope, key, request_hash, type, actor_type, actor_id, session_id, correlation_id, position)
    ORDER BY t.scope, t.key, t.position
    ON CONFLICT (scope, key) DO NOTHING
    RETURNING id
"""

_EARLIER = """
    SELECT wanted.id, c.id, c.request_hash = wanted.request_hash, c.outcome, c.reply_status, c.reply_body
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bytea[]) AS wanted(id, scope, key, request_hash)
    JOIN ledger_command AS c ON c.scope = wanted.scope AND c.key = wanted.key
"""


def claim(commands: Sequence[AnyCommand]) -> dict[UUID, Earlier]:
    """Claim the keys of commands; a key that is being claimed elsewhere is waited for.

    Returns:
        For each command whose key was taken, by command id, who took it. All others are now claimed.

    Raises:
        Busy: `idempotency.in_progress`, the other one took longer than `lock_timeout`.
    """
    wanted = [(c.id, c.claim.scope, c.claim.key, c.claim.request_hash) for c in commands]
    origins = [
        (type(c).__name__, c.origin.actor_type, c.origin.actor_id, c.origin.session_id, c.origin.correlation_id)
        for c in commands
    ]
    with connection.cursor() as cursor:
        try:
            cursor.execute(_CLAIM, [*columns(wanted, 4), *columns(origins, 5)])
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
                raise Busy(
                    "The first request with this key is still running.", code="idempotency.in_progress"
                ) from error
            raise
        claimed = {row[0] for row in cursor.fetchall()}
        taken = [row for row in wanted if row[0] not in claimed]
        if not taken:
            return {}
        cursor.execute(_EARLIER, columns(taken, 4))
        return {
            row[0]: Earlier(row[1], row[2], row[3] == "REFUSED", Reply(row[4] or 0, row[5]))
            for row in cursor.fetchall()
        }


_USED = """
    SELECT wanted.scope, wanted.key
    FROM unnest(%s::text[], %s::text[]) AS wanted(scope, key)
    JOIN ledger_command AS c ON c.scope = wanted.scope AND c.key = wanted.key
"""


def already_used(claims: Sequence[Claim]) -> set[Claim]:
    """Those whose (scope, key) has an answer already: posting them again decides nothing and repeats it."""
    if not claims:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_USED, columns([(claim.scope, claim.key) for claim in claims], 2))
        used = set(cursor.fetchall())
    return {claim for claim in claims if (claim.scope, claim.key) in used}
