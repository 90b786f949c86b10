import os
from django.contrib.auth.hashers import make_password
from compliance.models import User
from tests.browser.conftest import *
from tests.compliance.factories import PASSWORD
from walletsite.demo.seeding import seed_company
from wallets.models import Wallet
from ledger.models import *

def test_tour(observed):
    company = seed_company()
    User.objects.filter(company=company).update(password=make_password(PASSWORD))
    finance = User.objects.filter(company=company, role="FINANCE").first()
    manager = User.objects.filter(company=company, role="MANAGER").first()
    page = observed.page
    observed.visit("/admin/")
    page.screenshot(path="/tmp/shots/login.png")
    def shots(name, path, dark=True, full=True):
        observed.visit(path)
        page.wait_for_timeout(300)
        page.screenshot(path=f"/tmp/shots/{name}.png", full_page=full)
        if dark:
            page.evaluate("document.documentElement.classList.add('dark')")
            page.wait_for_timeout(200)
            page.screenshot(path=f"/tmp/shots/{name}-dark.png", full_page=full)
    def login(u):
        observed.visit("/admin/")
        page.get_by_label("Email").fill(u.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
    login(manager)
    page.wait_for_timeout(500)
    page.screenshot(path="/tmp/shots/home-manager.png")
    w = Wallet.objects.filter(user__team=manager.team, status="ACTIVE").exclude(user=manager).first()
    shots("wallet-manager", f"/admin/wallets/wallet/{w.id}/change/", dark=False)
    page.locator("a[hx-get*=freeze]").click()
    page.wait_for_timeout(500)
    page.screenshot(path="/tmp/shots/dialog.png")
    page.evaluate("document.documentElement.classList.add('dark')")
    page.wait_for_timeout(200)
    page.screenshot(path="/tmp/shots/dialog-dark.png")
    page.locator("#dialog button[type=submit]").click()
    page.wait_for_timeout(700)
    page.screenshot(path="/tmp/shots/dialog-error.png")
    shots("events-manager", "/admin/ledger/event/", dark=False, full=False)
    shots("notfound", f"/admin/wallets/wallet/{company.id}/change/", dark=False)
    shots("forbidden", f"/admin/compliance/auditrecord/", dark=False)
    page.context.clear_cookies()
    login(finance)
    page.wait_for_timeout(500)
    shots("home", "/admin/")
    shots("wallets", "/admin/wallets/wallet/")
    shots("wallet", f"/admin/wallets/wallet/{w.id}/change/")
    t = Transaction.objects.filter(type="TRANSFER", company_id=company.id).first()
    f = Transaction.objects.filter(state="FAILED", company_id=company.id).first()
    shots("transactions", "/admin/ledger/transaction/", full=False)
    shots("transaction", f"/admin/ledger/transaction/{t.id}/change/")
    if f: shots("transaction-failed", f"/admin/ledger/transaction/{f.id}/change/", dark=False)
    e = Event.objects.filter(stream_id=t.id).first()
    shots("event", f"/admin/ledger/event/{e.id}/change/", dark=False)
    p = Posting.objects.of_event(e.id).first()
    shots("posting", f"/admin/ledger/posting/{p.id}/change/", dark=False)
    a = Account.objects.filter(owner_id=w.id, bucket="AVAILABLE").first()
    shots("account", f"/admin/ledger/account/{a.id}/change/", dark=False)
    for n, path in {"accounts": "ledger/account", "events": "ledger/event", "postings": "ledger/posting", "commands": "ledger/command", "outbox": "ledger/outboxmessage", "assets": "ledger/asset", "users": "compliance/user", "sessions": "compliance/loginsession", "teams": "compliance/team", "services": "compliance/serviceaccount", "tasks": "django_celery_beat/periodictask"}.items():
        shots(n, f"/admin/{path}/", dark=False, full=False)
    o = OutboxMessage.objects.filter(aggregate_id=w.id).first()
    shots("message", f"/admin/ledger/outboxmessage/{o.id}/change/", dark=False)
    shots("user", f"/admin/compliance/user/{w.user_id}/change/", dark=False)
    page.set_viewport_size({"width": 420, "height": 850})
    shots("wallets-phone", "/admin/wallets/wallet/", dark=False, full=False)
    shots("home-phone", "/admin/", dark=False, full=False)
    print(observed.errors, observed.strangers)
