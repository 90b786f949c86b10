"""`import.apply`: do what a file says, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from compliance.core.origin import Origin
from compliance.models import Caller, User
from ledger.errors import Forbidden, NotFound
from ledger.services.movements import Claim
from wallets.locks import lock_import
from wallets.models import Import, ImportKind, ImportState
from wallets.selectors.imports import imports_visible_to
from wallets.services.approvals.operations import Arguments, Change, Operation, Target, id_argument
from wallets.services.imports.columns import FORMATS
from wallets.services.imports.stages import mark_applying, require_importer, require_ready

_BEFORE = (ImportState.CHECKED, ImportState.REQUESTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyImport:
    import_id: UUID


class ApplyImportFile(Operation[ApplyImport]):
    """Approving it leaves the rows to the job: some thousand of them are nothing to wait for at a screen."""

    name = "import.apply"
    title = "Apply an import"
    always = True

    def read(self, arguments: Arguments) -> ApplyImport:
        return ApplyImport(import_id=id_argument(arguments, "import_id"))

    def authorise(self, maker: Caller, asked: ApplyImport) -> None:
        if not isinstance(maker, User):
            raise Forbidden
        if not imports_visible_to(maker).filter(id=asked.import_id).exists():
            raise NotFound
        require_importer(maker)

    def target(self, asked: ApplyImport) -> Target:
        """An import is never changed: only one that is under way or over is another one."""
        row = Import.objects.defer("rows").get(id=asked.import_id)
        return Target(type="import", id=row.id, version="open" if row.state in _BEFORE else row.state)

    def impact(self, maker: Caller, asked: ApplyImport) -> list[Change]:
        """As it was tried out; trying thousands of rows again would keep the maker waiting."""
        row = Import.objects.defer("rows").get(id=asked.import_id)
        require_ready(row)
        people = sum(1 for id in row.teams if id)
        return [
            Change(FORMATS[ImportKind(row.kind)].title, "", f"{row.row_count} rows"),
            *(Change(f"Total {currency}", "", total) for currency, total in row.totals.items()),
            *([Change("Teams", "", str(people))] if people else []),
        ]

    def lock(self, asked: ApplyImport) -> None:
        lock_import(asked.import_id)

    def run(self, maker: Caller, asked: ApplyImport, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        mark_applying(lock_import(asked.import_id))
        return {"import_id": str(asked.import_id)}
