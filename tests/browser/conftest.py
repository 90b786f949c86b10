"""A real browser: Debian's Chromium, kept from everything that is not this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, sync_playwright

from tests.browser.served import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-first-run",
]


@dataclass
class Observed:
    """A page, and what a person would not see: errors in its console, requests that wanted to leave the machine."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def visit(self, path: str) -> None:
        """Go to a page as if its address were typed, once the page before has come in whole: what still loads would
        end the new page's loading."""
        self.page.wait_for_load_state()
        self.page.goto(f"{self.address}{path}")

    def listen(self) -> None:
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("requestfailed", self._failed)
        self.page.context.route("**/*", self._keep_inside)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # which is what leaving a page does to its downloads
            self.errors.append(f"{request.url}: {request.failure}")

    def _keep_inside(self, route: Route) -> None:
        url = route.request.url
        if url.startswith(self.address) or urlsplit(url).scheme in {"data", "blob"}:
            route.continue_()
        else:
            self.strangers.append(url)
            route.abort()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("NO BROWSER, so nobody has tried the back office. Install one: apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, in which Django would refuse to talk to the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "yes")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def observed(browser: Browser, committed_db: None, tmp_path: Path) -> Iterator[Observed]:
    with served(tmp_path / "server.log") as address:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(15_000)
        seen = Observed(context.new_page(), address)
        seen.listen()
        yield seen
        context.close()
