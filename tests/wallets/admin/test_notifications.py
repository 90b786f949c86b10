"""One's own notifications at the desk, and what became of e-mails for those who run things."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ledger.ids import new_id
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.notices import frozen, only_mine, threshold
from tests.wallets.scene import Scene, give_wallet
from wallets.models import Notification, NotificationEmail
from wallets.services.notifications.mailing import send_emails
from wallets.services.notifications.noting import note

MINE, EMAILS = "/admin/wallets/notification/", "/admin/wallets/notificationemail/"
REACHED, FROZEN = "A budget has reached 80 %", "Your wallet is frozen"


@pytest.fixture
def news(scene: Scene) -> Scene:
    """Alice and bob, her manager, are told of her budget; alice of her wallet as well."""
    only_mine()
    note([threshold(scene.alices), frozen(scene.alices)])
    return scene


def press(client: Client, path: str) -> Any:
    return client.post(path, {"_form_submitted": "True"})


def of(scene: Scene, name: str) -> Notification:
    return Notification.objects.filter(user=getattr(scene.cast, name)).latest("id")


def test_one_sees_ones_own(news: Scene) -> None:
    bob = at_desk(news.cast.bob)
    own, hers = of(news, "bob"), of(news, "alice")
    for path in (MINE, f"{MINE}?unread=yes", f"{MINE}?q={own.id}", f"{MINE}{own.id}/change/"):
        assert REACHED in page(bob, path)
    assert FROZEN not in page(bob, MINE)
    assert REACHED not in page(bob, f"{MINE}?q={hers.id}")
    assert bob.get(f"{MINE}{hers.id}/change/").status_code == 404
    for name in ("frida", "conny", "audrey"):
        assert REACHED not in page(at_desk(getattr(news.cast, name)), MINE)


def test_the_bell_counts_what_is_unread(news: Scene) -> None:
    bob = at_desk(news.cast.bob)
    assert badge(page(bob, "/admin/")) == "1"
    assert press(bob, f"{MINE}read_all/").headers["HX-Redirect"] == MINE
    assert told(bob) == ["1 marked as read."]
    assert badge(page(bob, "/admin/")) == ""
    assert REACHED in page(bob, MINE)
    assert REACHED not in page(bob, f"{MINE}?unread=yes")
    assert not Notification.objects.filter(user=news.cast.alice, read_at__isnull=False).exists()


def badge(text: str) -> str:
    """What stands behind the bell in the navigation."""
    item = text.partition("My notifications")[2].partition("</a>")[0]
    return "".join(part.partition(">")[2].strip() for part in item.split("<")[1:])


def test_one_is_marked_as_read(news: Scene) -> None:
    bob, own = at_desk(news.cast.bob), of(news, "bob")
    press(bob, f"{MINE}{own.id}/mark_as_read/")
    own.refresh_from_db()
    assert own.read_at is not None


@pytest.mark.parametrize("name", ["bob", "frida"])
def test_nobody_marks_anothers(news: Scene, name: str) -> None:
    client = at_desk(getattr(news.cast, name))
    for id in (of(news, "alice").id, new_id(), "x"):
        assert press(client, f"{MINE}{id}/mark_as_read/").status_code == 404
    assert not Notification.objects.filter(user=news.cast.alice, read_at__isnull=False).exists()


@pytest.mark.parametrize("name", ["frida", "conny", "audrey"])
def test_what_became_of_emails_without_addresses_or_words(news: Scene, name: str) -> None:
    send_emails()
    client, row = at_desk(getattr(news.cast, name)), of(news, "alice")
    texts = [
        page(client, path)
        for path in (EMAILS, f"{EMAILS}{row.id}/change/", f"{EMAILS}?email_status__exact=SENT", f"{EMAILS}?q={row.id}")
    ]
    assert all(str(row.id) in text and "SENT" in text for text in texts)
    for text in texts:
        assert not [word for word in (news.cast.alice.email, FROZEN, "400.00", REACHED) if word in text]
    assert str(row.id) not in page(client, f"{EMAILS}?email_status__exact=FAILED")


def test_emails_are_not_for_managers_nor_for_other_companies(news: Scene) -> None:
    assert at_desk(news.cast.bob).get(EMAILS).status_code == 403
    stranger = make_cast()
    note([frozen(give_wallet(stranger.alice))])
    foreign = NotificationEmail.objects.get(user=stranger.alice)
    frida = at_desk(news.cast.frida)
    assert str(foreign.id) not in page(frida, EMAILS)
    assert frida.get(f"{EMAILS}{foreign.id}/change/").status_code == 404
