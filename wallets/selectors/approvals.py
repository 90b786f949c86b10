"""Which requests for approval a caller sees, which wait for him, and who could check one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from compliance.models import Caller, ServiceAccount, User, UserStatus
from compliance.selectors.deputies import principals_of
from compliance.selectors.scope import sees_whole_company
from ledger.errors import NotFound
from ledger.selectors.clock import DatabaseClock
from wallets.core.approving import CHECKERS, Step, role_that_counts, step_from_data
from wallets.models import Approval, ApprovalRule, ApprovalStatus, ApprovalVote, Verdict

FILTERS = ("status", "operation", "target_id")


@dataclass(frozen=True, slots=True)
class Capacity:
    """A role that somebody may check with: his own, or that of a colleague for whom he stands in now."""

    role: str
    team_id: UUID | None
    on_behalf_of: User | None = None

    @property
    def principal_id(self) -> UUID | None:
        return None if self.on_behalf_of is None else self.on_behalf_of.id


def capacities_of(caller: Caller) -> list[Capacity]:
    """In what roles somebody may check at all, his own first. A service never does."""
    if isinstance(caller, ServiceAccount):
        return []
    principals = principals_of(caller)
    mine = [Capacity(caller.role, caller.team_id)]
    return [
        capacity
        for capacity in [*mine, *(Capacity(user.role, user.team_id, user) for user in principals)]
        if capacity.role in CHECKERS
    ]


def _checked_by(capacity: Capacity) -> Q:
    """Requests of which one step asks for this role, made by and about others than whom he stands in for. Managers
    check what is about their team's people."""
    asked = Q(steps__contains=[{"checkers": [capacity.role]}])
    if capacity.role == "MANAGER":
        asked &= Q(subject_user__team_id=capacity.team_id, subject_user__team_id__isnull=False)
    if capacity.on_behalf_of is not None:
        asked &= ~Q(requested_by=capacity.on_behalf_of.id) & ~Q(
            subject_user__id=capacity.on_behalf_of.id, subject_user__isnull=False
        )
    return asked


def _checkable(caller: Caller) -> Q:
    wanted = Q(pk__in=[])
    for capacity in capacities_of(caller):
        wanted |= _checked_by(capacity)
    about_others = ~Q(requested_by=caller.id) & (Q(subject_user__isnull=True) | ~Q(subject_user_id=caller.id))
    return wanted & about_others


def approvals_visible_to(caller: Caller) -> QuerySet[Approval]:
    """What a caller has asked for, may check, or sees as one of those who see the whole company; managers also what is
    about their people. Nobody sees it only because it is about himself: why a wallet is looked at may be what its owner
    must not know."""
    approvals = Approval.objects.filter(company_id=caller.company_id).select_related("subject_user")
    if sees_whole_company(caller):
        return approvals
    visible = Q(requested_by=caller.id) | _checkable(caller)
    if caller.role == "MANAGER" and caller.team_id is not None:
        visible |= Q(subject_user__team_id=caller.team_id) & ~Q(subject_user_id=caller.id)
    return approvals.filter(visible)


def waiting_for(caller: Caller) -> QuerySet[Approval]:
    """Those that wait and that a caller may still say his word to, unordered."""
    spoken = ApprovalVote.objects.filter(approval_id=OuterRef("id"), voter_id=caller.id)
    open_ones = Approval.objects.filter(
        company_id=caller.company_id, status=ApprovalStatus.PENDING, expires_at__gt=DatabaseClock()
    )
    return open_ones.filter(_checkable(caller), ~Exists(spoken)).select_related("subject_user")


def find_visible_approvals(
    caller: Caller, filters: Mapping[str, Any], *, waiting_for_me: bool = False
) -> QuerySet[Approval]:
    """The visible requests that match every filter given (`FILTERS`), unordered: for pages to be cut from."""
    approvals = waiting_for(caller) if waiting_for_me else approvals_visible_to(caller)
    return approvals.filter(**{name: filters[name] for name in FILTERS if name in filters})


def get_visible_approval(caller: Caller, approval_id: UUID) -> Approval:
    """One request within the caller's scope.

    Raises:
        NotFound: no such request, or none that the caller may see.
    """
    found = approvals_visible_to(caller).filter(id=approval_id).first()
    if found is None:
        raise NotFound
    return found


def pending_on(target_id: UUID, reader: Caller) -> list[Any]:
    """What waits for approval on a wallet, document, hold, budget or rule, oldest first; one query. Who sees the object
    sees that something waits on it; `is_visible` says whether he also sees who has asked what and why."""
    visible = approvals_visible_to(reader).filter(pk=OuterRef("pk"))
    rows = Approval.objects.filter(target_id=target_id, status=ApprovalStatus.PENDING)
    return list(rows.annotate(is_visible=Exists(visible)).order_by("created_at", "id"))


def votes_of(approvals: Iterable[Approval]) -> dict[UUID, list[ApprovalVote]]:
    """What was said to each, in order; one query."""
    found = defaultdict[UUID, list[ApprovalVote]](list)
    rows = ApprovalVote.objects.filter(approval_id__in=[approval.id for approval in approvals])
    for vote in rows.select_related("voter", "on_behalf_of").order_by("at", "id"):
        found[vote.approval_id].append(vote)
    return dict(found)


def steps_of(approval: Approval) -> list[Step]:
    """Who has to agree, as it was frozen in the request."""
    return [step_from_data(step) for step in approval.steps]


def capacity_for(caller: Caller, approval: Approval, votes: Sequence[ApprovalVote]) -> Capacity | None:
    """With what a caller's approval would count for a place that is still open; None = it would not.

    Nobody counts who has asked for it or whom it is about, nor for such a colleague, nor for one who has counted.
    """
    if caller.id in _spoken(votes):
        return None
    roles = [vote.role for vote in votes if vote.verdict == Verdict.APPROVE]
    able = [one for one in _able(caller, approval) if one.principal_id not in _spoken(votes)]
    role = role_that_counts(steps_of(approval), roles, [one.role for one in able])
    return next((one for one in able if one.role == role), None)


def may_reject(caller: Caller, approval: Approval, votes: Sequence[ApprovalVote] = ()) -> Capacity | None:
    """With what a caller may reject: as a checker of any of its steps, for nobody who has counted."""
    named, spoken = {role for step in steps_of(approval) for role in step.checkers}, _spoken(votes)
    able = _able(caller, approval)
    return next((one for one in able if one.role in named and one.principal_id not in spoken), None)


def _able(caller: Caller, approval: Approval) -> list[Capacity]:
    involved = {approval.requested_by, approval.subject_user_id}
    if caller.id in involved:
        return []
    subject = approval.subject_user
    team_id = None if subject is None else subject.team_id
    return [
        one
        for one in capacities_of(caller)
        if one.principal_id not in involved - {None}
        and (one.role != "MANAGER" or (team_id is not None and one.team_id == team_id))
    ]


def _spoken(votes: Sequence[ApprovalVote]) -> set[UUID]:
    """Who has counted, in person or by a deputy."""
    return {id for vote in votes for id in (vote.voter_id, vote.on_behalf_of_id) if id is not None}


def people_who_check(steps: Sequence[Step], *, company_id: UUID, maker_id: UUID, subject: User | None) -> list[User]:
    """Those at work whose own role a step asks for, without the maker and whom it is about; managers only of the
    subject's team."""
    roles = {role for step in steps for role in step.checkers}
    able = Q(role__in=roles - {"MANAGER"})
    if "MANAGER" in roles and subject is not None and subject.team_id is not None:
        able |= Q(role="MANAGER", team_id=subject.team_id)
    people = User.objects.filter(able, company_id=company_id, status=UserStatus.ACTIVE).exclude(id=maker_id)
    if subject is not None:
        people = people.exclude(id=subject.id)
    return list(people.select_related("company").order_by("id"))


def rules_visible_to(caller: Caller) -> QuerySet[ApprovalRule]:
    """The company's rules."""
    return ApprovalRule.objects.filter(company_id=caller.company_id)


def active_rules(company_id: UUID, operation: str) -> list[ApprovalRule]:
    """The rules of a company for an operation, in the order of their steps."""
    return list(
        ApprovalRule.objects.filter(company_id=company_id, operation=operation, is_active=True).order_by(
            "created_at", "id"
        )
    )


def overdue_approvals() -> QuerySet[Approval]:
    """Those that wait although their time is up."""
    return Approval.objects.filter(status=ApprovalStatus.PENDING, expires_at__lte=DatabaseClock())


def approvals_to_remind_of(age: timedelta) -> QuerySet[Approval]:
    """Those that have waited for so long, and of which nobody was reminded."""
    waiting = Approval.objects.filter(status=ApprovalStatus.PENDING, reminded_at__isnull=True)
    return waiting.filter(created_at__lte=DatabaseClock() - age, expires_at__gt=DatabaseClock())


def makers_of(approvals: Collection[Approval]) -> dict[UUID, str]:
    """What those are called who have asked, by id: people's names, services' names."""
    ids = {approval.requested_by for approval in approvals}
    people = {user.id: user.get_full_name() for user in User.objects.filter(id__in=ids)}
    return people | dict(ServiceAccount.objects.filter(id__in=ids - people.keys()).values_list("id", "name"))
