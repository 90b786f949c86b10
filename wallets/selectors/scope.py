"""A caller's scope in the words of the ledger, which knows no people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from compliance.models import Caller, ServiceAccount
from compliance.selectors.scope import sees_whole_company, users_visible_to
from ledger.selectors.scope import Scope
from wallets.selectors.budgets import budgets_visible_to, limits_visible_to
from wallets.selectors.wallets import find_wallets, wallets_visible_to


def ledger_scope(caller: Caller) -> Scope:
    """What of the ledger belongs to the wallets that the caller may see."""
    visible = wallets_visible_to(caller).select_related(None)
    rules = budgets_visible_to(caller), limits_visible_to(caller)
    if not sees_whole_company(caller):
        ids = frozenset(visible.values_list("id", flat=True))
        return Scope(caller.company_id, visible, wallet_ids=ids, rules=rules)
    programs = ServiceAccount.objects.filter(company_id=caller.company_id)
    return Scope(caller.company_id, visible, actors=(users_visible_to(caller), programs), rules=rules)


def team_scope(caller: Caller, team_id: UUID) -> Scope:
    """Of `ledger_scope` only the wallets of a team's people."""
    wallets = wallets_visible_to(caller).select_related(None).filter(user__team_id=team_id)
    ids = frozenset(wallets.values_list("id", flat=True))
    return replace(ledger_scope(caller), wallets=wallets, wallet_ids=ids)


def narrowed_scope(caller: Caller, filters: Mapping[str, Any]) -> Scope:
    """Of `ledger_scope` only the wallets that match every filter, as in `find_wallets`."""
    scope = ledger_scope(caller)
    if not filters:
        return scope
    wanted = find_wallets(caller, filters).select_related(None)
    if scope.is_whole_company and "user_id" not in filters:
        return replace(scope, wallets=wanted)
    return replace(scope, wallets=wanted, wallet_ids=frozenset(wanted.values_list("id", flat=True)))
