"""What every answer carries."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from structlog.testing import capture_logs


def test_an_answer_has_an_id(client: Client) -> None:
    first, second = client.get("/health"), client.get("/health")
    assert UUID(first.headers["X-Request-Id"]) != UUID(second.headers["X-Request-Id"])


def test_a_sane_id_is_kept(client: Client) -> None:
    answer = client.get("/health", headers={"X-Request-Id": "trace-42.a:b_c"})
    assert answer.headers["X-Request-Id"] == "trace-42.a:b_c"


@pytest.mark.parametrize("given", ["", "a b", "a\nb", "é", "x" * 129, "<script>", "4111-1111-1111-1111"])
def test_an_insane_id_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/health", headers={"X-Request-Id": given})
    assert UUID(answer.headers["X-Request-Id"]).version == 4


def test_nothing_is_stored_or_framed_or_sniffed(client: Client) -> None:
    headers = client.get("/health").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_page_may_load_its_own_parts_only(client: Client) -> None:
    policy = client.get("/admin/login/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_request_is_one_line_without_its_query(client: Client) -> None:
    with capture_logs() as lines:
        client.get("/nothing-here?token=abc", headers={"X-Request-Id": "trace-1"})
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"], line["caller"]) for line in requests] == [
        ("GET", "/nothing-here", 404, None)
    ]


@pytest.mark.parametrize("base", ["/v1/budgets/01a2007c-44b0-72ef-8ac6-1f97c8bf5c63/periods/", "/admin/ledger/asset/"])
def test_a_path_with_a_nul_names_nothing(client: Client, base: str) -> None:
    assert client.get(f"{base}%00").status_code == 404


def test_a_query_with_a_nul_is_malformed(client: Client) -> None:
    assert client.get("/admin/login/?next=%00").status_code == 400
    answer = client.get("/v1/errors?q=a%00")
    assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed")
    assert client.get("/admin/login/?next=%2500").status_code == 200, "that is %00 written out, and no NUL"
