"""Files to import, as people make them, and what becomes of them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from compliance.core.origin import Origin
from compliance.models import User
from wallets.models import Import, ImportKind
from wallets.services.imports.stages import take_in

NEW = "/admin/wallets/import/new/"


def csv_of(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def top_ups(*lines: str) -> bytes:
    return csv_of("wallet,amount,currency,description,reference", *lines)


def xlsx_of(*rows: list[Any]) -> bytes:
    book, file = Workbook(), BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(file)
    return file.getvalue()


def upload(client: Client, kind: str, data: bytes, name: str = "file.csv") -> Any:
    """Send the form of the page."""
    return client.post(NEW, {"kind": kind, "file": SimpleUploadedFile(name, data)})


def uploaded(client: Client, kind: str, data: bytes, name: str = "file.csv") -> Import:
    """The import that an upload leads to."""
    response = upload(client, kind, data, name)
    assert response.status_code == 302, response.content.decode()
    row = Import.objects.latest("created_at")
    assert response["Location"] == import_path(row)
    return row


def import_path(row: Import, name: str = "change") -> str:
    return f"/admin/wallets/import/{row.id}/{name}/"


def taken_in(caller: User, kind: ImportKind, data: bytes) -> Import:
    origin = Origin(actor_id=caller.id, actor_role=caller.role)
    return take_in(caller=caller, kind=kind, file_name="file.csv", data=data, origin=origin)


def mistakes(row: Import) -> list[tuple[int, str, str]]:
    return [(error["line"], error["column"], error["words"]) for error in row.errors]
