"""Codes on paper, for whoever has lost the phone with the app. Each is good once (ADR 0036)."""

from __future__ import annotations

import re
import secrets

from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from compliance.models import RecoveryCode, User

HOW_MANY = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that looks like another one on paper."""
_LENGTH, _GROUP = 12, 4
"""Twelve letters of 31 are 59 bits: with the throttle and a slow hash nobody guesses one."""
_FORM = re.compile(f"[{_LETTERS}]{{{_LENGTH}}}")


def give_recovery_codes(user: User) -> list[str]:
    """New codes for a locked user, `abcd-efgh-jkmn` each; those before are good no more. They cannot be shown again."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(HOW_MANY)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=make_password(code)) for code in codes)
    return ["-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)) for code in codes]


def take_recovery_code(user: User, typed: str) -> bool:
    """Use one of a locked user's codes up. Returns whether it was one.

    Args:
        typed: without spaces and hyphens, in lower case.
    """
    if not _FORM.fullmatch(typed):
        return False
    for code in RecoveryCode.objects.filter(user=user, used_at=None).order_by("id"):
        if check_password(typed, code.code_hash):
            code.used_at = timezone.now()
            code.save(update_fields=["used_at"])
            return True
    return False
