"""Looking ahead: what an operation would change and who would have to agree, before anybody has asked for it."""

from __future__ import annotations

from compliance.models import Caller
from wallets.core.approving import Step
from wallets.models import Source
from wallets.services.approvals.operations import Arguments, Change
from wallets.services.approvals.registry import operation_named
from wallets.services.approvals.rules import needs_approval, steps_for

BEFOREHAND = "Looked at beforehand."
"""The reason of what is rehearsed before anybody has given one; nothing of a rehearsal is kept."""


def changes_of(operation: str, *, maker: Caller, arguments: Arguments) -> list[Change]:
    """What it would change now; nothing is changed by that.

    Raises:
        InvalidInput: an argument is missing or wrong.
        NotFound, Forbidden: the maker could not do it at all.
        ServiceError: what else stands in its way.
    """
    known = operation_named(operation)
    asked = known.read({"reason": BEFOREHAND, **arguments})
    known.authorise(maker, asked)
    return known.impact(maker, asked)


def needed_steps(operation: str, *, maker: Caller, arguments: Arguments, source: Source) -> list[Step]:
    """Who would have to agree, step by step; none = the maker may do it himself, at once.

    Raises:
        InvalidInput, NotFound, Forbidden: as above.
    """
    if not needs_approval(operation, maker=maker, arguments=arguments, source=source):
        return []
    known = operation_named(operation)
    target = known.target(known.read(arguments))
    return steps_for(known, maker=maker, target=target, source=source)
