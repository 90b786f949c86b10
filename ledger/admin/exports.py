"""Lists as files: the rows of the current filter and search, with the columns that are shown and the whole ids.

CSV is read from the database by a cursor and sent line by line, so its size costs no memory. A workbook is made whole
before it is sent, so it takes fewer rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from io import BytesIO
from itertools import chain, islice
from operator import attrgetter
from typing import Any, ClassVar, Protocol

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from ledger.admin.cells import EMPTY, Cell, Figure
from ledger.api.csv_files import CONTENT_TYPE, csv_lines, safe_cell
from ledger.api.times import rfc3339
from ledger.errors import InvalidInput, ServiceError

MOST_ROWS_OF_CSV = 100_000
MOST_ROWS_OF_XLSX = 10_000
ROWS_AT_ONCE = 500
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DIGITS_OF_A_SHEET = 15
"""A spreadsheet keeps so many digits of a number. Amounts with more are written as texts, which keep them all."""
_BREAK = re.compile(r"<br\s*/?>")

Line = Sequence[object]


class RecordExport(Protocol):
    """Writes down who takes which rows away, before the first of them is handed out.

    Args:
        screen: the table, such as `wallets.wallet`.
        asked: the filters and the search, as the address of the list says them.

    Raises:
        ServiceError: he has taken enough for now.
    """

    def __call__(self, request: HttpRequest, *, screen: str, asked: dict[str, str], form: str, rows: int) -> None: ...


class Exporting:
    """What makes a list a file. For `ReadOnlyAdmin`, which says what there is to see.

    Attributes:
        record_export: set where the back office is put together; the floors above know people.
        export_also: columns that only the file has, by their names: where each value lies, seen from the row.
    """

    record_export: ClassVar[RecordExport]
    export_also: ClassVar[dict[str, str]] = {}

    model: type[Model]
    opts: Any
    admin_site: Any
    has_view_permission: Callable[[HttpRequest], bool]
    get_list_display: Callable[[HttpRequest], Sequence[str]]
    rows: Callable[[HttpRequest, list[Any]], list[Any]]
    list_of: Callable[[HttpRequest], Any]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        own = path("export/<slug:form>/", self.admin_site.admin_view(self.export), name=name)
        return [own, *super().get_urls()]  # type: ignore[misc]  # the admin's, beside which this stands

    def export(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """The list as it is filtered, as a file. That it was taken is written down, and each person whom it shows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if form not in _FORMS:
            raise Http404
        most, respond = _FORMS[form]
        try:
            found: QuerySet[Any] = self.list_of(request).queryset
            rows = _counted(found, most)
            screen, asked = self.opts.label_lower, request.GET.dict()
            type(self).record_export(request, screen=screen, asked=asked, form=form, rows=rows)
            return respond(self.export_header(request), self._lines(request, found), self.opts.model_name)
        except IncorrectLookupParameters:
            raise Http404 from None
        except (ServiceError, OperationalError) as error:
            words = error.detail if isinstance(error, ServiceError) else "Reading these rows takes too long."
            messages.error(request, words)
            back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist", query=request.GET.dict())
            return HttpResponseRedirect(back)

    def export_header(self, request: HttpRequest) -> Line:
        """The names of the columns."""
        screen: Any = self
        labels = (
            label_for_field(name, self.model, screen, return_attr=False) for name in self.get_list_display(request)
        )
        return ["Id", *(capfirst(label) for label in labels), *self.export_also]

    def export_lines(self, request: HttpRequest, rows: list[Any]) -> Iterator[Line]:
        """Some rows as they stand in the file, under `export_header`."""
        shown, also = self.get_list_display(request), [attrgetter(place) for place in self.export_also.values()]
        for row in self.rows(request, rows):
            yield [row.pk, *(_value(row, name, self) for name in shown), *(get(row) for get in also)]

    def _lines(self, request: HttpRequest, found: QuerySet[Any]) -> Iterator[Line]:
        chunk: list[Any] = []
        for row in found.iterator(chunk_size=ROWS_AT_ONCE):
            chunk.append(row)
            if len(chunk) == ROWS_AT_ONCE:
                yield from self.export_lines(request, chunk)
                chunk = []
        if chunk:
            yield from self.export_lines(request, chunk)


def _counted(found: QuerySet[Any], most: int) -> int:
    """How many rows there are.

    Raises:
        InvalidInput: more than a file of this form takes, or too many to count.
    """
    try:
        rows = found.order_by()[: most + 1].count()
    except OperationalError:
        raise InvalidInput("Counting these rows takes too long. Narrow the filter.") from None
    if rows > most:
        raise InvalidInput(f"More than {most:,} rows. Narrow the filter, for example to a shorter time, and try again.")
    return rows


def _value(row: Any, name: str, screen: Any) -> object:
    """What a column of the list says about a row, without what only a page can show."""
    try:
        _, _, value = lookup_field(name, row, screen)
    except ObjectDoesNotExist:
        return ""
    if isinstance(value, list) and value:  # a heading: the name, what stands below it, initials
        return " ".join([str(value[0]), *(f"<{part}>" for part in value[1:2])])
    if isinstance(value, Cell):
        return value.value
    if isinstance(value, SafeString):
        return " ".join(unescape(strip_tags(_BREAK.sub("; ", value))).split())
    return "" if value is None or value == EMPTY else value


def _written(value: object) -> object:
    """A value as any file says it: times in UTC, numbers as they are, texts that are no formulas."""
    match value:
        case datetime():
            return rfc3339(value.astimezone(UTC))
        case bool():
            return "yes" if value else "no"
        case None:
            return ""
        case int() | Figure():
            return value
        case date():
            return value.isoformat()
        case _:
            return safe_cell(str(value))


def _as_csv(header: Line, lines: Iterable[Line], name: str) -> HttpResponseBase:
    """What can go wrong with the query goes wrong here, before a byte is sent."""
    remaining = iter(lines)
    rows = chain([header], list(islice(remaining, 1)), remaining)
    text = csv_lines([_written(value) for value in line] for line in rows)
    return StreamingHttpResponse(text, content_type=CONTENT_TYPE, headers=_saved_as(f"{name}.csv"))


def _as_xlsx(header: Line, lines: Iterable[Line], name: str) -> HttpResponseBase:
    book, file = Workbook(write_only=True), BytesIO()
    sheet = book.create_sheet(name[:31])
    for line in chain([header], lines):
        sheet.append([_in_a_sheet(_written(value)) for value in line])
    book.save(file)
    return HttpResponse(file.getvalue(), content_type=XLSX_TYPE, headers=_saved_as(f"{name}.xlsx"))


def _in_a_sheet(value: object) -> object:
    match value:
        case Figure() if sum(letter.isdigit() for letter in value) <= _DIGITS_OF_A_SHEET:
            return Decimal(value)
        case str():
            return ILLEGAL_CHARACTERS_RE.sub(" ", value)
        case _:
            return value


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


_FORMS: dict[str, tuple[int, Callable[[Line, Iterable[Line], str], HttpResponseBase]]] = {
    "csv": (MOST_ROWS_OF_CSV, _as_csv),
    "xlsx": (MOST_ROWS_OF_XLSX, _as_xlsx),
}
