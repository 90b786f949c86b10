"""Whether a period is still open: asked of every back-dated command before it is posted (ADR 0021).

Whoever posts back-dated commands shares the company's books from before the look at its closings until the commit;
whoever closes them has them alone. So a command is either written before the closing, or sees it. Ordinary commands
take part in none of this: they count from the moment in which they are recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.core.commands import AnyCommand, Reserve, Transfer, Undo
from ledger.errors import EffectiveAtRefused
from ledger.locks import share_books
from ledger.selectors.closings import closed_until_by_company


def require_open(commands: Sequence[AnyCommand]) -> None:
    """Let back-dated commands pass only if they count from the past, and from no period that is closed.

    Call it in the transaction that posts them, before it locks accounts. Costs nothing without such commands.

    Raises:
        EffectiveAtRefused: the first command that counts from the future or from a closed period.
        OperationalError: SQLSTATE 55P03, a closing took longer than `lock_timeout`.
    """
    backdated = [(command, command.effective_at) for command in commands if command.effective_at is not None]
    if not backdated:
        return
    companies = {_company_of(command) for command, _ in backdated}
    share_books(companies)
    # A new statement: it sees what was committed while the one before waited (ADR 0004).
    closed, now = closed_until_by_company(companies)
    for command, effective_at in backdated:
        if effective_at > now:
            raise EffectiveAtRefused("Nothing counts from the future. Leave it out to mean now.", command_id=command.id)
        _require_after(closed.get(_company_of(command)), effective_at, command.id)


def _require_after(closed_until: datetime | None, effective_at: datetime, command_id: UUID) -> None:
    if closed_until is not None and effective_at < closed_until:
        raise EffectiveAtRefused(
            f"The books are closed until {closed_until:%Y-%m-%dT%H:%M:%S.%fZ}. Nothing counts from before that.",
            command_id=command_id,
        )


def _company_of(command: AnyCommand) -> UUID:
    assert isinstance(command, Transfer | Reserve | Undo), "what is back-dated makes a document"
    return command.document.company_id
