"""What somebody wants to spend, as far as budgets and limits ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from budgets.models.vocabulary import LimitedType


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Money that is about to leave a wallet, or to be held there, as the floors above know it.

    Attributes:
        user_id: whose wallet it is; `team_id` and `company_id` are his.
        type: what it is; a hold is the payment that it may become.
        category: of the booking; "" = none, which only budgets for every category count.
        at: when it counts; None = now. A past instant may belong to a past period.
        to_team_id: the team of the owner of the wallet that receives it.
        to_company: whether it stays in the company, as every transfer does.
    """

    wallet_id: UUID
    user_id: UUID
    team_id: UUID | None
    company_id: UUID
    currency: str
    type: LimitedType = LimitedType.PAYMENT
    category: str = ""
    at: datetime | None = None
    to_team_id: UUID | None = None
    to_company: bool = False

    def moment(self, now: datetime) -> datetime:
        """When it counts: what lies ahead has not happened, so it is asked about as if it were now."""
        return now if self.at is None else min(self.at, now)
