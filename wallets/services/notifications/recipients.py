"""Whom a notice goes to. However many notices, the people are read by three queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from compliance.models import User
from compliance.selectors.recipients import managers_and_finance, people_by_id
from wallets.core.notices import Audience, Notice
from wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Directory:
    """The people that some notices are about, and those who look after them."""

    owners: dict[UUID, UUID]
    people: dict[UUID, User]
    managers: dict[UUID, list[User]]
    finance: dict[UUID, list[User]]

    @classmethod
    def of(cls, notices: Sequence[Notice]) -> Directory:
        wallet_ids = {notice.wallet_id for notice in notices if notice.user_id is None and notice.wallet_id}
        owners = dict(Wallet.objects.filter(id__in=wallet_ids).values_list("id", "user_id"))
        people = people_by_id([*(notice.user_id for notice in notices if notice.user_id), *owners.values()])
        if all(notice.is_of_wallet for notice in notices):
            return cls(owners, people, {}, {})
        teams = {user.team_id for user in people.values() if user.team_id is not None}
        return cls(owners, people, *managers_and_finance(teams, {user.company_id for user in people.values()}))

    def recipients(self, notice: Notice) -> list[User]:
        """Each once. Nobody is told of his own request, and whoever is told as the owner is not told as a manager."""
        person = self._person(notice)
        if person is None:
            return []
        others = [manager for manager in self._managers(person) if manager.id != notice.user_id]
        is_his = notice.user_id is not None or notice.is_of_wallet
        match notice.audience:
            case Audience.OWNER:
                return [person]
            case Audience.OWNER_AND_MANAGERS:
                return [person, *others] if is_his else others
            case Audience.DECIDERS:
                finance = self.finance.get(person.company_id, [])
                return others or [user for user in finance if user.id != notice.user_id]

    def _person(self, notice: Notice) -> User | None:
        if notice.user_id is not None:
            return self.people.get(notice.user_id)
        owner_id = None if notice.wallet_id is None else self.owners.get(notice.wallet_id)
        return None if owner_id is None else self.people.get(owner_id)

    def _managers(self, person: User) -> list[User]:
        return [] if person.team_id is None else self.managers.get(person.team_id, [])
