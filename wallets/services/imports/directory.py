"""Whom and what the rows of a file name, looked up for all of them at once, within what its maker may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from compliance.models import Caller, Team, User
from compliance.selectors.scope import teams_visible_to, users_visible_to
from ledger.errors import InvalidInput
from wallets.models import Wallet, WalletStatus, WalletType
from wallets.selectors.wallets import wallets_visible_to

_WHO = ("owner", "wallet")


class Directory:
    """People by e-mail address and id, wallets by id and by their owner's address, teams by name.

    Args:
        rows: the values of all rows; only what they name is read.
    """

    def __init__(self, caller: Caller, rows: Iterable[Mapping[str, Any]]) -> None:
        named = {row[column] for row in rows for column in _WHO if column in row}
        ids = {id for id in map(_as_id, named) if id is not None}
        emails = {name.lower() for name in named}
        people = users_visible_to(caller).select_related("company")
        self._people = {user.email: user for user in people.filter(email__in=emails)}
        self._people_by_id = people.in_bulk(ids)
        wallets = wallets_visible_to(caller).select_related("user__company")
        self._wallets = wallets.in_bulk(ids)
        primary = wallets.filter(user__email__in=emails, type=WalletType.PRIMARY)
        self._primary = {wallet.user.email: wallet for wallet in primary.exclude(status=WalletStatus.CLOSED)}
        self._teams = {team.name.lower(): team for team in teams_visible_to(caller)}

    def person(self, named: str) -> User:
        """Raises InvalidInput when there is none, or none that the maker may see."""
        id = _as_id(named)
        found = self._people.get(named.lower()) if id is None else self._people_by_id.get(id)
        if found is None:
            raise InvalidInput("There is no such person.", pointer="/owner")
        return found

    def wallet(self, named: str) -> Wallet:
        """Raises InvalidInput when there is none, or none that the maker may see."""
        id = _as_id(named)
        found = self._primary.get(named.lower()) if id is None else self._wallets.get(id)
        if found is None:
            missing = "There is no such wallet." if id else "There is no such person, or none with a PRIMARY wallet."
            raise InvalidInput(missing, pointer="/wallet")
        return found

    def team(self, named: str) -> Team:
        """Raises InvalidInput when there is none, or none that the maker may see."""
        found = self._teams.get(named.lower())
        if found is None:
            raise InvalidInput("There is no such team.", pointer="/team")
        return found


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
