"""Which imports and packs of statements somebody may see: those of his company, if he sees all of it."""

from __future__ import annotations

from django.db.models import QuerySet

from compliance.models import Caller
from compliance.selectors.scope import sees_whole_company
from wallets.models import Import, StatementPack


def imports_visible_to(caller: Caller) -> QuerySet[Import]:
    """Without their rows, which are many and may name people."""
    found = Import.objects.filter(company_id=caller.company_id).select_related("made_by", "company").defer("rows")
    return found if sees_whole_company(caller) else found.none()


def packs_visible_to(caller: Caller) -> QuerySet[StatementPack]:
    found = StatementPack.objects.filter(company_id=caller.company_id).select_related("made_by", "company")
    return found if sees_whole_company(caller) else found.none()
