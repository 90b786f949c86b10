"""How often a log-in may fail, counted in Postgres so that it holds without Redis (docs/interface.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now
from django.db.transaction import atomic
from django.utils.crypto import salted_hmac

from compliance.core.networks import network_of
from compliance.locks import lock_log_in_counters
from compliance.models import LoginFailure
from ledger.errors import RateLimited

ACCOUNT_WINDOW = timedelta(minutes=15)
NETWORK_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to log in: as whom, known to us or not, and from where."""

    account_key: str
    network: str


def attempt_by(identifier: str, address: str | None) -> Attempt:
    """What counts as the same account: a keyed hash, as people also type passwords into the e-mail field."""
    key = salted_hmac("compliance.login_failure", identifier, algorithm="sha256").hexdigest()
    return Attempt(key, network_of(address))


def require_room(attempt: Attempt) -> None:
    """Let an attempt through only while neither its account nor its network has failed too often.

    Raises:
        RateLimited: with the seconds after which the next attempt is heard. Right credentials do not help.
    """
    of_account = LoginFailure.objects.filter(account_key=attempt.account_key)
    of_network = LoginFailure.objects.filter(network=attempt.network)
    seconds = max(
        _seconds_until_room(of_account, settings.LOGIN_FAILURES_PER_ACCOUNT, ACCOUNT_WINDOW),
        _seconds_until_room(of_network, settings.LOGIN_FAILURES_PER_ADDRESS, NETWORK_WINDOW),
    )
    if seconds:
        raise RateLimited(seconds)


def record_failure(attempt: Attempt) -> None:
    """Count a failed attempt.

    Raises:
        RateLimited: others have used up the limit meanwhile. A crowd of parallel guesses gets no more
            answers than a queue would.
    """
    with atomic():
        lock_log_in_counters(account_key=attempt.account_key, network=attempt.network)
        require_room(attempt)
        LoginFailure.objects.create(account_key=attempt.account_key, network=attempt.network)


def forget_failures(attempt: Attempt) -> None:
    """After a success the account starts afresh; failures of other accounts from the network stay."""
    LoginFailure.objects.filter(account_key=attempt.account_key).delete()


def purge_failures() -> int:
    """Delete what no limit counts any more. Returns how many rows."""
    count, _ = LoginFailure.objects.filter(at__lt=Now() - max(ACCOUNT_WINDOW, NETWORK_WINDOW)).delete()
    return count


def _seconds_until_room(failures: QuerySet[LoginFailure], limit: int, window: timedelta) -> int:
    """0 when fewer than the limit lie in the window; otherwise until the one that fills it leaves the window."""
    free_in = ExpressionWrapper(F("at") + window - Now(), output_field=DurationField())
    newest_first = failures.filter(at__gt=Now() - window).order_by("-at").annotate(free_in=free_in)
    filling = newest_first.values_list("free_in", flat=True)[limit - 1 : limit]
    return max((ceil(duration.total_seconds()) for duration in filling), default=0)
