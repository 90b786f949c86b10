from tests.compliance.clients import api_as
from tests.compliance.factories import *


def test_smoke(db):
    cast = make_cast()
    print(cast)
    fin = UserFactory(role="FINANCE", company=cast.alice.company)
    c = api_as(fin)
    r = c.post("/v1/wallets", {"user_id": str(cast.alice.id), "currency": "EUR", "initial_balance": "100"})
    print(r.status_code, r.content, r.headers)
    a = r.json()["wallet_id"]
    r = c.post("/v1/wallets", {"user_id": str(cast.bob.id), "currency": "EUR"})
    b = r.json()["wallet_id"]
    al = api_as(cast.alice)
    r = al.post(
        "/v1/transfers",
        {"from_wallet_id": a, "to_wallet_id": b, "amount": "12.5", "currency": "EUR"},
        headers={"Idempotency-Key": "k1"},
    )
    print(r.status_code, r.content)
    r = al.post(
        "/v1/transfers",
        {"from_wallet_id": a, "to_wallet_id": b, "amount": "12.5", "currency": "EUR"},
        headers={"Idempotency-Key": "k1"},
    )
    print(r.status_code, r.headers)
    t = r.json()["txn_id"]
    r = al.post(
        "/v1/transfers",
        {"from_wallet_id": a, "to_wallet_id": b, "amount": "1200.5", "currency": "EUR"},
        headers={"Idempotency-Key": "k2"},
    )
    print(r.status_code, r.content)
    r = al.post(
        "/v1/transfers?dry_run=true",
        {"from_wallet_id": a, "to_wallet_id": b, "amount": "1200.5", "currency": "EUR"},
        headers={"Idempotency-Key": "k2"},
    )
    print(r.status_code, r.content)
    r = al.post(
        "/v1/transfers?dry_run=true",
        {"from_wallet_id": a, "to_wallet_id": b, "amount": "1", "currency": "EUR"},
        headers={"Idempotency-Key": "k2"},
    )
    print(r.status_code, r.content)
    for u in (
        f"/v1/wallets/{a}/balance",
        f"/v1/wallets/{a}/balance",
        f"/v1/wallets/{a}/balance?at=2026-11-21T00:00:00Z",
        f"/wallets/{cast.alice.id}",
        f"/wallets/{a}/transactions",
        f"/v1/wallets/{a}/statement?from=2026-11-01",
        f"/v1/transactions/{t}",
        f"/v1/transactions/{t}/events",
        f"/v1/transactions/{t}/entries",
        "/v1/me",
        "/v1/wallets",
    ):
        r = al.get(u)
        print(u, r.status_code, r.content, r.headers.get("ETag"))
    r = al.get(f"/v1/wallets/{a}/statement?from=2026-11-01", headers={"Accept": "text/csv"})
    print(r.content.decode())
    r = al.get(f"/v1/wallets/{a}/statement?from=2026-11-01", headers={"Accept": "application/pdf"})
    print(r.content[:20], r.headers)
    r = c.put(f"/wallets/{a}/status", {"status": "FROZEN", "reason": "lost"})
    print(r.status_code, r.content)
    r = al.post(
        "/v1/transfers/batch",
        {
            "atomic": False,
            "transfers": [
                {"idempotency_key": "b1", "from_wallet_id": a, "to_wallet_id": b, "amount": "1", "currency": "EUR"},
                {"idempotency_key": "b2", "from_wallet_id": b, "to_wallet_id": a, "amount": "1", "currency": "EUR"},
            ],
        },
    )
    print(r.status_code, r.content)
    r = al.post(
        "/v1/transfers/batch",
        {
            "atomic": True,
            "transfers": [
                {"idempotency_key": "b1", "from_wallet_id": a, "to_wallet_id": b, "amount": "1", "currency": "EUR"}
            ],
        },
    )
    print(r.status_code, r.content)
    r = al.post(
        "/v1/wallet/balance_transfer",
        {"from_account": a, "to_account": b, "amount": "1", "currency": "EUR", "transaction_id": str(new_id())},
    )
    print(r.status_code, r.content)
    s = api_as(ServiceAccountFactory(company=cast.alice.company))
    r = s.post(
        f"/wallets/{b}/transactions",
        {"type": "DEBIT", "amount": "2.5", "currency": "EUR", "reference_id": "x1", "reference_type": "booking"},
    )
    print(r.status_code, r.content)
    r = s.post(
        f"/wallets/{b}/transactions",
        {"type": "DEBIT", "amount": "2.5", "currency": "EUR", "reference_id": "x1", "reference_type": "booking"},
    )
    print(r.status_code, r.content)
    r = s.post(
        f"/wallets/{b}/transactions",
        {"type": "DEBIT", "amount": "2.6", "currency": "EUR", "reference_id": "x1", "reference_type": "booking"},
    )
    print(r.status_code, r.content)
    r = s.post("/v1/users", {"email": "x@y.example", "first_name": "X", "last_name": "Y", "currency": "USD"})
    print(r.status_code, r.content)
