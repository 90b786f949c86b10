"""The words that budgets and limits are described with."""

from __future__ import annotations

from django.db import models


class Scope(models.TextChoices):
    """Whose spending a budget covers. What stays inside the scope is not spent: a team's budget does not count a
    transfer between two wallets of the team."""

    COMPANY = "COMPANY"
    TEAM = "TEAM"
    WALLET = "WALLET"


class PeriodType(models.TextChoices):
    """R59. CUSTOM is one period from `start_date` up to `end_date`."""

    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    YEARLY = "YEARLY"
    CUSTOM = "CUSTOM"


class BudgetStatus(models.TextChoices):
    """R60. Only ACTIVE budgets are asked. EXPIRED is final and set when `end_date` has come."""

    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"


class Enforcement(models.TextChoices):
    """What happens to a spend that does not fit (C23): BLOCK refuses it, WARN lets it pass and says so, ALLOW lets it
    pass."""

    BLOCK = "BLOCK"
    WARN = "WARN"
    ALLOW = "ALLOW"


class Rollover(models.TextChoices):
    """What of a period that is over goes on into the next."""

    NONE = "NONE"
    SURPLUS = "SURPLUS"
    SURPLUS_AND_DEFICIT = "SURPLUS_AND_DEFICIT"


class RefundsTo(models.TextChoices):
    """Which period a refund gives back to: the one that paid, or the one in which the refund happens."""

    ORIGIN = "ORIGIN"
    CURRENT = "CURRENT"


class ChildrenMode(models.TextChoices):
    """CAP: the children of a budget may together allow more than it does, it still binds them all. ENVELOPE: they may
    not, which is checked when one of them is set."""

    CAP = "CAP"
    ENVELOPE = "ENVELOPE"


class Effective(models.TextChoices):
    """From when a change of the amount counts."""

    NOW = "NOW"
    NEXT_PERIOD = "NEXT_PERIOD"
    THIS_PERIOD_ONLY = "THIS_PERIOD_ONLY"


class LimitWindow(models.TextChoices):
    """What a limit counts over. PER_TRANSACTION looks at each spend alone."""

    PER_TRANSACTION = "PER_TRANSACTION"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class LimitedType(models.TextChoices):
    """Which spends a limit counts. A hold counts as the payment that it may become."""

    ANY = "ANY"
    PAYMENT = "PAYMENT"
    TRANSFER = "TRANSFER"
    WITHDRAWAL = "WITHDRAWAL"


class LimitStatus(models.TextChoices):
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class RequestKind(models.TextChoices):
    """What a request for more asks for: room for one refused spend, for the rest of this period, or for good."""

    ONCE = "ONCE"
    THIS_PERIOD = "THIS_PERIOD"
    PERMANENT = "PERMANENT"


class RequestState(models.TextChoices):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class Retry(models.TextChoices):
    """What became of the refused spend that a request is about. It is tried again once, when there is more."""

    NONE = "NONE"
    PARKED = "PARKED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
