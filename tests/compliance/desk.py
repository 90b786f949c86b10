"""Members of staff at the back office: seated at once, or coming in through the door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from compliance.core.origin import Origin
from compliance.models import Channel, LoginSession, SecondFactor, User
from compliance.selectors.security import factor_of
from compliance.services.one_time_codes import code_of, new_key, step_at
from compliance.services.second_factors import enrol, open_key
from ledger.ids import new_id
from tests.compliance.factories import PASSWORD


def take_seat(client: Client, user: User, *, is_confirmed: bool = True) -> LoginSession:
    """Log somebody in as password and second factor would; with `is_confirmed`, as if both were just asked again."""
    now = timezone.now()
    session = LoginSession.objects.create(
        id=new_id(),
        user=user,
        channel=Channel.BACK_OFFICE,
        token_version=User.objects.get(id=user.id).token_version,
        created_at=now,
        last_used_at=now,
        expires_at=now + timedelta(hours=1),
        confirmed_at=now if is_confirmed else None,
    )
    client.force_login(user)
    kept = client.session
    kept["log_in"] = str(session.id)
    kept.save()
    return session


def give_app(user: User) -> list[str]:
    """Set up a second factor as the first log-in does. Returns the recovery codes."""
    key = new_key()
    return enrol(user_id=user.id, key=key, typed=code_of(key, now_step()), origin=Origin())


def code(user: User, *, steps: int = 0) -> str:
    """What the user's app shows, now or some steps later."""
    factor = SecondFactor.objects.get(user=user)
    return code_of(open_key(user.id, factor.encrypted_key), now_step() + steps)


def fresh_code(user: User) -> str:
    """A code that was not used: it is as if the last one had been a while ago."""
    SecondFactor.objects.filter(user=user).update(last_step=0)
    return code(user)


def now_step() -> int:
    return step_at(timezone.now())


def log_in(user: User, password: str = PASSWORD, *, client: Client | None = None) -> Client:
    """Come in through both doors, as far as the password leads."""
    client = client or Client()
    if user.is_staff and factor_of(user) is None:
        give_app(user)
    answer: Any = client.post("/admin/login/", {"username": user.email, "password": password})
    if answer.status_code == 302:
        client.post("/admin/login/code/", {"code": fresh_code(user)})
    return client
