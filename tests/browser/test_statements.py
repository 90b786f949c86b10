"""A manager downloads a statement with the mouse; and a large one reaches its reader in pieces, whole."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import Request, urlopen

from tests.browser.conftest import Observed
from tests.browser.served import served
from tests.browser.test_freezing import log_in
from tests.compliance.factories import PASSWORD
from tests.wallets.api.drawn import CSV, PDF, fill, plain_pages, read
from tests.wallets.scene import make_scene


def test_a_manager_downloads_a_statement(observed: Observed, tmp_path: Path) -> None:
    scene, page = make_scene(), observed.page
    log_in(observed, scene.cast.bob)
    observed.visit(f"/admin/wallets/wallet/{scene.alices.id}/change/")
    for name, form in (("PDF", PDF), ("CSV", CSV)):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name, exact=True).last.click()
        saved = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(saved)
        assert read(form, saved.read_bytes()).closing == 100
        assert saved.name.startswith(f"statement-{scene.alices.id.hex[-8:]}")
    assert "Alice Winter" in plain_pages(saved.with_suffix(".pdf").read_bytes())[0]
    assert (observed.errors, observed.strangers) == ([], [])


def access_token(address: str, email: str) -> str:
    credentials = json.dumps({"email": email, "password": PASSWORD}).encode()
    request = Request(f"{address}/v1/auth/token", data=credentials, headers={"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=30) as response:  # noqa: S310 - our own address
        token: str = json.load(response)["access"]
    return token


def test_a_large_statement_is_streamed(committed_db: None, tmp_path: Path) -> None:
    """More lines than are read together and more bytes than are sent together, from a real server."""
    scene = make_scene()
    fill(scene.alices, 2_500, texts=("W" * 120,))
    with served(tmp_path / "server.log") as address:
        query = "from=2024-03-01&to=2024-03-31"
        headers = {"Accept": CSV, "Authorization": f"Bearer {access_token(address, scene.cast.alice.email)}"}
        request = Request(f"{address}/v1/wallets/{scene.alices.id}/statement?{query}", headers=headers)  # noqa: S310
        with urlopen(request, timeout=30) as response:  # noqa: S310 - our own address
            assert response.headers["Content-Length"] is None
            drawn = read(CSV, response.read())
    assert len(drawn.amounts) == 2_500
    assert drawn.opening + sum(drawn.amounts) == drawn.closing
