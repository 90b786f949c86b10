"""The company that all scenes share: its people and programs have logged in, its system accounts are open."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rest_framework.test import APIClient

from compliance.models import Caller, User
from tests.compliance.clients import api_with, tokens_of
from tests.compliance.factories import Cast, UserFactory, make_cast
from tests.wallets.scene import give_wallet
from wallets.models import Wallet

TOKEN_SECONDS = 300


@dataclass
class Stage:
    cast: Cast = field(default_factory=make_cast)
    _clients: dict[Any, tuple[float, APIClient]] = field(default_factory=dict)

    def person(self) -> User:
        """Somebody of alice's team, who never logs in."""
        user: User = UserFactory(company=self.cast.company, team=self.cast.alice.team, password="!")
        return user

    def wallet(self, balance: str = "0") -> Wallet:
        """A PRIMARY wallet in EUR of somebody new."""
        return give_wallet(self.person(), balance)

    def client(self, caller: Caller) -> APIClient:
        """One that is logged in; a log-in is used for a while."""
        made_at, client = self._clients.get(caller.id, (0.0, APIClient()))
        if not made_at or time.monotonic() - made_at > TOKEN_SECONDS:
            client = api_with(tokens_of(caller).access)
            self._clients[caller.id] = time.monotonic(), client
        return client


@cache
def stage() -> Stage:
    return Stage()
