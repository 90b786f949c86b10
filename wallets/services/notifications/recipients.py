"""Whom a notice goes to. However many notices, the people are read by three queries, one more where somebody has to
decide and may be away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from compliance.models import Role, User
from compliance.selectors.deputies import deputies_of
from compliance.selectors.recipients import managers_and_finance, people_by_id
from wallets.core.notices import Audience, Notice
from wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Directory:
    """The owners of the wallets that some notices are about, who has asked, and those who look after them."""

    owners: dict[UUID, UUID]
    people: dict[UUID, User]
    managers: dict[UUID, list[User]]
    finance: dict[UUID, list[User]]
    deputies: dict[UUID, list[User]]

    @classmethod
    def of(cls, notices: Sequence[Notice]) -> Directory:
        wallet_ids = {notice.wallet_id for notice in notices if notice.wallet_id}
        owners = dict(Wallet.objects.filter(id__in=wallet_ids).values_list("id", "user_id"))
        people = people_by_id([*(notice.asked_by for notice in notices if notice.asked_by), *owners.values()])
        companies = {notice.company_id for notice in notices if notice.company_id}
        if not companies:
            return cls(owners, people, {}, {}, {})
        teams = [*(user.team_id for user in people.values()), *(notice.team_id for notice in notices)]
        managers, finance = managers_and_finance({team for team in teams if team}, companies)
        asked = any(notice.audience == Audience.OWNERS_MANAGERS for notice in notices)
        deputies = deputies_of(user.id for users in managers.values() for user in users) if asked else {}
        return cls(owners, people, managers, finance, deputies)

    def recipients(self, notice: Notice) -> list[User]:
        """Each once. Nobody is told of his own request as one to decide, and no manager of his own wallet as one."""
        owner = self._owner(notice)
        match notice.audience:
            case Audience.ASKER:
                return self._found(notice.asked_by)
            case Audience.OWNER:
                return owner
            case Audience.OWNER_AND_MANAGERS:
                return [*owner, *self._others(notice, self._managers_of(owner))]
            case Audience.OWNERS_MANAGERS:
                return self._deciders(notice, self._managers_of(owner)) or self._finance(notice)
            case Audience.MANAGERS:
                return self._others(notice, self._of(self.managers, notice.team_id)) or self._finance(notice)
            case Audience.FINANCE:
                return self._finance(notice)

    def _owner(self, notice: Notice) -> list[User]:
        return self._found(None if notice.wallet_id is None else self.owners.get(notice.wallet_id))

    def _found(self, user_id: UUID | None) -> list[User]:
        person = None if user_id is None else self.people.get(user_id)
        return [] if person is None else [person]

    def _managers_of(self, people: Sequence[User]) -> list[User]:
        return [manager for person in people for manager in self._of(self.managers, person.team_id)]

    def _deciders(self, notice: Notice, managers: Sequence[User]) -> list[User]:
        """With the managers who stand in for them now: these look after the same people."""
        able = self._others(notice, managers)
        standing_in = [user for manager in able for user in self._of(self.deputies, manager.id)]
        stand_ins = [user for user in standing_in if user.role == Role.MANAGER]
        return list(dict.fromkeys([*able, *self._others(notice, stand_ins)]))

    def _finance(self, notice: Notice) -> list[User]:
        return self._others(notice, self._of(self.finance, notice.company_id))

    def _others(self, notice: Notice, users: Sequence[User]) -> list[User]:
        """Without the owner of the wallet and whoever has asked."""
        themselves = {notice.asked_by, *(user.id for user in self._owner(notice))}
        return [user for user in users if user.id not in themselves]

    @staticmethod
    def _of(groups: dict[UUID, list[User]], id: UUID | None) -> list[User]:
        return [] if id is None else groups.get(id, [])
