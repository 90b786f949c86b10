"""E-mails over real SMTP: each once, whatever the server does, and never to who should get none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from pytest_django import Settings

from compliance.models import User
from ledger.selectors.clock import database_now
from ledger.services.job_runs import Skipped, WorkFailed
from tests.compliance.factories import Cast, UserFactory, make_cast
from tests.ledger.sessions import answers, together
from tests.wallets import mail_server as faults
from tests.wallets.certificates import server_context
from tests.wallets.mail_server import MailServer, mail_server, send_through, send_to_nobody
from tests.wallets.notices import SECOND, email_of, frozen, make_due, of_budget, only_mine, state_of, threshold
from tests.wallets.scene import Scene, give_wallet
from wallets.core.email_retries import WAITS
from wallets.models import Notification, Wallet
from wallets.services.notifications import mailing
from wallets.services.notifications.mailing import send_emails
from wallets.services.notifications.noting import note

HOST_OF_A_TEST = "wallets.nordwind.example"


@pytest.fixture
def server(scene: Scene, settings: Settings) -> Iterator[MailServer]:
    only_mine()
    settings.DEFAULT_FROM_EMAIL = f"Wallets <news@{HOST_OF_A_TEST}>"
    with mail_server() as own:
        send_through(settings, own)
        yield own


def freeze(*wallets: Wallet) -> None:
    note([frozen(wallet) for wallet in wallets])


def test_what_arrives(scene: Scene, server: MailServer) -> None:
    company = scene.cast.company
    company.timezone = "Europe/Berlin"
    company.save()
    crossed = threshold(scene.charlies)
    crossed.created_at = crossed.created_at.replace(hour=1, minute=5)
    note([crossed])
    assert send_emails() == {"sent": 1}
    (message,) = server.received
    row = email_of(scene.cast.charlie)
    at = crossed.created_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert {name: message[name] for name in ("To", "From", "Subject", "Message-ID", "Auto-Submitted")} == {
        "To": scene.cast.charlie.email,
        "From": f"Wallets <news@{HOST_OF_A_TEST}>",
        "Subject": "A budget has reached 80 %",
        "Message-ID": f"<{row.id}@{HOST_OF_A_TEST}>",
        "Auto-Submitted": "auto-generated",
    }
    text = message.get_content()
    assert "400.00 EUR of 500.00 EUR are used in 2026-11." in text
    assert f"{at.day} {at:%B %Y, %H:%M} (Europe/Berlin)" in text
    assert (row.email_status, row.email_attempts, row.email_error) == ("SENT", 1, "")
    assert row.email_finished_at is not None


def test_each_goes_out_once(scene: Scene, server: MailServer) -> None:
    freeze(scene.alices, scene.bobs, scene.charlies)
    assert send_emails() == {"sent": 3}
    make_due()
    assert send_emails() == {}
    assert sorted(server.addresses()) == sorted(
        user.email for user in (scene.cast.alice, scene.cast.bob, scene.cast.charlie)
    )


def test_words_of_others_do_not_become_headers(scene: Scene, server: MailServer) -> None:
    note(
        [
            of_budget(
                "BudgetRequestDecided",
                scene.alices,
                request_id=str(scene.alices.id),
                amount="5",
                status="X\r\nBcc: all@nordwind.example",
            )
        ]
    )
    assert send_emails() == {"sent": 1}
    (message,) = server.received
    assert message["Bcc"] is None
    assert message["Subject"] == "Your request for 5.00 EUR more budget is x bcc: all@nordwind.example"


def without_address(user: User) -> None:
    User.objects.filter(id=user.id).update(email=f"erased.{user.id}@erased.invalid")


def suspended(user: User) -> None:
    User.objects.filter(id=user.id).update(status="SUSPENDED")


def unverified(user: User) -> None:
    User.objects.filter(id=user.id).update(status="PENDING_VERIFICATION")


@pytest.mark.parametrize("become", [without_address, suspended, unverified])
def test_who_has_no_address_any_more_gets_none(
    scene: Scene, server: MailServer, become: Callable[[User], None]
) -> None:
    freeze(scene.alices, scene.bobs)
    become(scene.cast.alice)
    assert send_emails() == {"sent": 1, "skipped": 1}
    assert server.addresses() == [scene.cast.bob.email]
    assert state_of(scene.cast.alice) == ("SKIPPED", 1, "no_address")


def test_an_address_that_changed_since_is_used(scene: Scene, server: MailServer) -> None:
    freeze(scene.alices)
    User.objects.filter(id=scene.cast.alice.id).update(email="alice.new@nordwind.example")
    send_emails()
    assert server.addresses() == ["alice.new@nordwind.example"]


def test_what_is_too_old_is_not_sent(scene: Scene, server: MailServer) -> None:
    freeze(scene.alices)
    Notification.objects.update(created_at=email_of(scene.cast.alice).created_at - timedelta(days=3, seconds=1))
    assert send_emails() == {"skipped": 1}
    assert (server.received, state_of(scene.cast.alice)) == ([], ("SKIPPED", 1, "too_old"))


REPLIES = {
    "no such user": ("550 5.1.1 No such user", ("FAILED", 1, "recipient_refused_550"), {"failed": 1, "sent": 1}),
    "greylisted": ("451 4.7.1 Later", ("PENDING", 1, "recipient_refused_451"), {"postponed": 1, "sent": 1}),
}


@pytest.mark.parametrize("reply", REPLIES)
def test_a_recipient_that_is_refused_holds_up_nobody(scene: Scene, server: MailServer, reply: str) -> None:
    answer, expected, done = REPLIES[reply]
    server.refused[scene.cast.alice.email] = answer
    freeze(scene.alices, scene.bobs)
    assert send_emails() == done
    assert server.addresses() == [scene.cast.bob.email]
    assert state_of(scene.cast.alice) == expected


@pytest.mark.parametrize(("answer", "expected"), [("554 Spam", "FAILED"), ("452 Full", "PENDING")])
def test_a_message_that_is_refused(scene: Scene, server: MailServer, answer: str, expected: str) -> None:
    server.answer = faults.say(answer)
    freeze(scene.alices)
    send_emails()
    assert state_of(scene.cast.alice) == (expected, 1, f"message_refused_{answer[:3]}")


@pytest.mark.parametrize("answer", [faults.drop, faults.hang, faults.say("421 Closing")])
def test_a_server_that_goes_away_ends_the_turn(scene: Scene, server: MailServer, answer: faults.Answer) -> None:
    server.answer = answer
    freeze(scene.alices, scene.bobs)
    assert send_emails() == {"postponed": 1}
    states = sorted([state_of(scene.cast.alice)[:2], state_of(scene.cast.bob)[:2]])
    assert states == [("PENDING", 0), ("PENDING", 1)]
    server.answer = faults.take
    assert send_emails() == {"sent": 1}, "the other one is due at once, this one after its wait"
    make_due()
    assert send_emails() == {"sent": 1}


def test_waits_grow_and_end(scene: Scene, server: MailServer) -> None:
    server.answer = faults.say("452 Full")
    freeze(scene.alices)
    waits = []
    for _ in WAITS:
        assert send_emails() == {"postponed": 1}
        row = email_of(scene.cast.alice)
        assert row.email_next_attempt_at is not None
        waits.append(row.email_next_attempt_at - database_now())
        make_due()
    assert all(wish - 20 * SECOND < wait <= wish for wait, wish in zip(waits, WAITS, strict=True))
    assert send_emails() == {"failed": 1}
    assert state_of(scene.cast.alice) == ("FAILED", len(WAITS) + 1, "message_refused_452")


def test_without_a_server_all_wait_and_no_attempt_is_used_up(
    scene: Scene, server: MailServer, settings: Settings
) -> None:
    freeze(scene.alices, scene.bobs)
    send_to_nobody(settings)
    for _ in range(3):
        with pytest.raises(WorkFailed, match="ConnectionRefusedError"):
            send_emails()
    assert state_of(scene.cast.alice) == ("PENDING", 0, "")
    send_through(settings, server)
    assert send_emails() == {"sent": 2}


def test_without_a_configured_server_nobody_is_mailed(scene: Scene, settings: Settings) -> None:
    only_mine()
    freeze(scene.alices)
    settings.SENDS_EMAIL = False
    assert send_emails() == {}
    assert (mail.outbox, state_of(scene.cast.alice)) == ([], ("PENDING", 0, ""))


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(scene: Scene, settings: Settings, tmp_path: Path) -> None:
    only_mine()
    freeze(scene.alices)
    trust, _ = server_context(tmp_path, name="127.0.0.1")
    with mail_server(trust) as own:
        send_through(settings, own)
        settings.EMAIL_USE_TLS = True
        with pytest.raises(WorkFailed, match="SSLCertVerificationError"):
            send_emails()
        assert own.received == []
    assert state_of(scene.cast.alice) == ("PENDING", 0, "")


def test_a_crash_between_sending_and_writing_sends_twice_with_one_id(
    scene: Scene, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(scene.alices)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mailing, "_finish", die)
    with pytest.raises(KeyboardInterrupt):
        send_emails()
    monkeypatch.undo()
    assert send_emails() == {}, "its claim has not run out"
    assert state_of(scene.cast.alice) == ("PENDING", 1, "")
    make_due()
    assert send_emails() == {"sent": 1}
    first, second = server.received
    assert first["Message-ID"] == second["Message-ID"]


def test_whatever_a_mail_backend_raises_is_tried_again(
    scene: Scene, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(scene.alices)

    def break_down(*_: Any) -> None:
        raise LookupError(scene.cast.alice.email)

    monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.send_messages", break_down)
    assert send_emails() == {"postponed": 1}
    assert state_of(scene.cast.alice) == ("PENDING", 1, "unexpected")


@pytest.fixture
def many(committed_db: None, settings: Settings) -> tuple[Cast, list[User]]:
    only_mine()
    cast = make_cast()
    people: list[User] = [UserFactory(company=cast.company) for _ in range(50)]
    freeze(*(give_wallet(person) for person in people))
    return cast, people


def test_senders_at_once_send_once(many: tuple[Cast, list[User]], settings: Settings) -> None:
    _, people = many

    def send() -> None:
        try:
            send_emails()
        except Skipped:
            return

    with mail_server() as own:
        send_through(settings, own)
        answers(together([send] * 4))
        assert sorted(own.addresses()) == sorted(person.email for person in people)


def test_a_lost_lock_does_not_send_twice(
    many: tuple[Cast, list[User]], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sender has to itself what it has claimed, whatever became of the lock."""
    _, people = many
    monkeypatch.setattr(mailing, "_LOCK", "SELECT true")
    monkeypatch.setattr(mailing, "_UNLOCK", "SELECT true")
    with mail_server() as own:
        send_through(settings, own)
        answers(together([send_emails] * 4))
        assert sorted(own.addresses()) == sorted(person.email for person in people)
