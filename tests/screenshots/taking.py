"""Seeds the demo company, serves it, and has its people look at their screens."""

from __future__ import annotations

from base64 import b32decode
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.console import Console

from compliance.core.origin import Origin
from compliance.models import Company, User
from compliance.services.one_time_codes import code_of, step_at
from compliance.services.passwords import set_password
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.served import served
from tests.compliance.factories import PASSWORD
from tests.screenshots.pictures import NEWCOMER, PICTURES, Picture, Screen
from walletsite.celery import app
from walletsite.demo.credentials import write_credentials
from walletsite.demo.credentials_file import AUTHENTICATOR_KEY, read_credentials
from walletsite.demo.seeding import seed_company

HEIGHT, COLOURS = 800, 255
MOST_BYTES = 150_000
"""Of one picture: they are kept with the code."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the pictures look, and where they go. `only`: the names of those that are taken; none means all."""

    folder: Path
    width: int
    scheme: Literal["light", "dark"]
    only: frozenset[str]


def take(look: Look, *, folder: Path, console: Console) -> None:
    """Take the pictures.

    Args:
        folder: for the log of the server and the log-ins.

    Raises:
        AssertionError: a page is not as it should be, or a picture is too large.
    """
    company = _seed(console)
    look.folder.mkdir(parents=True, exist_ok=True)
    with served(folder / "web.log") as address, sync_playwright() as playwright:
        write_credentials(company, base_url=address, file=folder / "credentials.json")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        log_ins, pages = read_credentials(folder / "credentials.json")["users"], dict[str, Page]()
        for picture in PICTURES:
            if look.only and picture.name not in look.only:
                continue
            if picture.who not in pages:
                pages[picture.who] = _come_in(chromium, look, address, log_ins.get(picture.who))
            _take(picture, Screen(pages[picture.who], address, company, folder), look, console)
        chromium.close()


def _seed(console: Console) -> Company:
    with console.status("Fourteen months of Nordwind …"):
        company = seed_company()
        app.loader.import_default_modules()
        for entry in settings.CELERY_BEAT_SCHEDULE.values():
            app.tasks[entry["task"]]()
    newcomer = User.objects.get(email=NEWCOMER.email)
    set_password(user_id=newcomer.id, password=PASSWORD, origin=Origin())
    console.print("The company is seeded.")
    return company


def _come_in(chromium: Browser, look: Look, address: str, log_in: dict[str, Any] | None) -> Page:
    """A browser of somebody's own. Who has no log-in of the demo's comes as far as the set-up of the second factor."""
    size = {"width": look.width, "height": HEIGHT}
    page = chromium.new_context(viewport=size, color_scheme=look.scheme, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.goto(f"{address}/admin/")
    page.get_by_label("Email").fill(NEWCOMER.email if log_in is None else log_in["email"])
    page.get_by_label("Password").fill(PASSWORD if log_in is None else log_in["password"])
    page.get_by_role("button", name="Log in").click()
    if log_in is not None:
        page.get_by_label("Code").fill(code_of(b32decode(log_in[AUTHENTICATOR_KEY]), step_at(timezone.now())))
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", name="Transactions today")).to_be_visible()
    return page


def _take(picture: Picture, screen: Screen, look: Look, console: Console) -> None:
    picture.show(screen)
    screen.page.wait_for_load_state("networkidle")
    file = look.folder / f"{picture.name}.png"
    drawn = Image.open(BytesIO(screen.page.screenshot(animations="disabled", caret="hide")))
    drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    size = file.stat().st_size
    console.print(f"{picture.name}: {size // 1000} kB")
    assert size <= MOST_BYTES, f"{file} is too large"
