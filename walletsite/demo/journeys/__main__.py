"""`make demo`: tell all journeys, one after the other, and fail at the first that does not go as told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

from rich.console import Console
from rich.markup import escape

from walletsite.demo.credentials_file import CREDENTIALS_FILE, read_credentials
from walletsite.demo.journeys.batching import settle_all_or_nothing
from walletsite.demo.journeys.booking import book_a_hotel
from walletsite.demo.journeys.budgeting import ask_for_more, meet_a_limit
from walletsite.demo.journeys.cast import Cast, gather_cast
from walletsite.demo.journeys.checking import check_by_four_eyes
from walletsite.demo.journeys.holding import take_a_deposit
from walletsite.demo.journeys.joining import join_and_leave
from walletsite.demo.journeys.keeping import audit_a_wallet, lose_a_phone
from walletsite.demo.journeys.paying import pay_a_colleague, spend_too_much
from walletsite.demo.journeys.stage import Stage, Unexpected
from walletsite.demo.journeys.undoing import send_money_back

Journey = Callable[[Stage, Cast], None]
JOURNEYS: tuple[tuple[str, Journey], ...] = (
    ("Mia pays for lunch, and the network makes her do it twice", pay_a_colleague),
    ("Mia wants more than she has", spend_too_much),
    ("A hotel is booked, booked again, and cancelled", book_a_hotel),
    ("Mia loses her phone", lose_a_phone),
    ("A colleague joins and leaves", join_and_leave),
    ("Frida settles debts, all or nothing", settle_all_or_nothing),
    ("A deposit is held, captured in parts, and released", take_a_deposit),
    ("A parcel that never came, and a payment too many", send_money_back),
    ("Mia meets her budget, and asks for more", ask_for_more),
    ("Two transfers a week, and no third", meet_a_limit),
    ("Frida proposes, and Marta lets it happen", check_by_four_eyes),
    ("Audrey audits", audit_a_wallet),
)

WIDTH_OF_A_FILE = 120


def main() -> int:
    console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)
    credentials = read_credentials()
    if not credentials:
        console.print(f"[red]There is no {CREDENTIALS_FILE.name} yet. `make up` makes it.[/red]")
        return 1
    return tell(console, credentials)


def tell(console: Console, credentials: dict[str, Any]) -> int:
    """Tell all journeys.

    Args:
        credentials: what `.demo/credentials.json` holds.

    Returns:
        The exit code: 0 when everything went as told.
    """
    try:
        _tell_all(console, credentials)
    except Unexpected as error:
        console.print(f"\n[red]✗ Not as told: {escape(str(error))}[/red]")
        return 1
    except (OSError, HTTPException) as error:
        reason = escape(str(error))
        console.print(f"[red]Nobody answers at {credentials['base_url']} ({reason}). `make up` starts it.[/red]")
        return 1
    return 0


def _tell_all(console: Console, credentials: dict[str, Any]) -> None:
    cast = gather_cast(credentials)
    stage = Stage(console, bookkeeper=cast.frida.client)
    for number, (title, journey) in enumerate(JOURNEYS, start=1):
        console.rule(f"[bold]{number}. {title}", align="left")
        journey(stage, cast)
        console.print()
    console.rule(f"[bold green]All {len(JOURNEYS)} journeys went as told", align="left")


if __name__ == "__main__":
    sys.exit(main())
