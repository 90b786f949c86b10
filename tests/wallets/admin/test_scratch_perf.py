import time
from django.db import connection
from walletsite.demo.seeding import seed_company
from ledger.selectors.balances import _SYSTEM, system_balances
from ledger.services import folding
from ledger.models import Account

FAST = """
    SELECT a.id, a.balance + coalesce((
        SELECT sum(p.amount) FROM ledger_posting AS p
        JOIN ledger_event AS e ON e.id = p.event_id
        WHERE p.account_id = a.id AND e.xid >= coalesce(a.folded_xid, 0)), 0)
    FROM ledger_account AS a WHERE a.id = ANY(%s)
"""
HASH = """
    SELECT a.id, sum(p.amount)
    FROM ledger_event AS e
    JOIN ledger_posting AS p ON p.event_id = e.id
    JOIN ledger_account AS a ON a.id = p.account_id
    WHERE a.id = ANY(%s) AND e.xid >= coalesce(a.folded_xid, 0) and e.xid >= (select min(coalesce(folded_xid,0)) from ledger_account where id = ANY(%s))
    group by a.id
"""
def test_perf(committed_db):
    company = seed_company()
    ids = list(Account.objects.filter(bucket="SYSTEM").values_list("id", flat=True))
    def run(sql, params=None):
        with connection.cursor() as c:
            c.execute("SET statement_timeout=0"); c.execute("SET transaction_timeout=0")
            t = time.time()
            c.execute(sql, params)
            rows = c.fetchall() if c.description else []
            return round(time.time() - t, 3), rows
    print(run("SELECT relname, reltuples, n_live_tup from pg_class join pg_stat_user_tables using (relname) where (relname like 'ledger_posting%' or relname like 'ledger_event%') and n_live_tup > 0 order by 1"))
    t, rows = run("EXPLAIN " + _SYSTEM, [ids]); print("FRESHPLAN", t, "\n".join(r[0] for r in rows))
    t, rows = run("EXPLAIN ANALYZE " + FAST, [ids]); print("FAST", t, "\n".join(r[0] for r in rows)[:1500])
    t, rows = run("EXPLAIN ANALYZE " + HASH, [ids, ids]); print("HASH", t, "\n".join(r[0] for r in rows)[:1500])
    t, rows = run("EXPLAIN ANALYZE " + _SYSTEM, [ids]); print("FRESH", t, "\n".join(r[0] for r in rows)[:1500])
