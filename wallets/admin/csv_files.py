"""What a chart shows as CSV, for who may see it; that it was taken out is written down."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from compliance.admin.exports import record_export
from ledger.api.csv_files import CONTENT_TYPE, csv_lines, safe_cell
from wallets.admin.drawings import Chart


def chart_file(request: HttpRequest, chart: Chart, name: str) -> HttpResponse:
    """A chart's figures as a file to download. Its texts may be anybody's words, its figures are our own."""
    record_export(request, screen=name, asked=request.GET.dict(), form="csv", rows=len(chart.rows))
    lines = [(*(safe_cell(cell) for cell in row[: chart.texts]), *row[chart.texts :]) for row in chart.rows]
    return HttpResponse(
        csv_lines([chart.columns, *lines]),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
