"""The canaries: what was broken, and what has to notice it."""

from __future__ import annotations

from tests.safety.canaries import faults
from tests.safety.canaries.canary import Canary, around, around_anew, canary, instead, schema, statement

CORE, SERVICES = "ledger.core", "ledger.services"
NO_FLOOR = schema("ALTER TABLE ledger_account DROP CONSTRAINT account_floor")
NO_ZERO_SUM = schema("ALTER TABLE ledger_posting DISABLE TRIGGER zero_sum")
NO_REFUND_LIMIT = schema("ALTER TABLE ledger_transaction DROP CONSTRAINT transaction_refunded")

DECISIONS = (
    canary("the floor is never asked", around(f"{CORE}.legs:_floor_gate", faults.always_pass), by="I24 I27"),
    canary(
        "the floor is never asked, and the database does not mind",
        around(f"{CORE}.legs:_floor_gate", faults.always_pass),
        NO_FLOOR,
        by="I4",
    ),
    canary(
        "> for >=: the last cent cannot be spent", around(f"{CORE}.legs:_floor_gate", faults.strictly_more), by="I24"
    ),
    canary(
        ">= for >: a cent of credit for everybody",
        around(f"{CORE}.legs:_floor_gate", faults.a_cent_more),
        NO_FLOOR,
        by="I4",
    ),
    canary("money in floats", around(f"{CORE}.legs:_posting", faults.with_floats), by="I6"),
    canary(
        "a posting is forgotten", around(f"{CORE}.transfers:postings", faults.one_line_short), NO_ZERO_SUM, by="I1 I2"
    ),
    canary("twice as much is moved as is said", around(f"{SERVICES}.movements:_legs", faults.twice_as_much), by="I2"),
    canary("money flows backwards", around("wallets.services.transfers:transfer", faults.backwards), by="I2"),
    canary("more is captured than was held", around(f"{CORE}.holds:_rest_gate", faults.always_pass), by="I8 I24 I27"),
    canary("a deadline binds nobody", around(f"{CORE}.holds:_closed", faults.no_deadline), by="I8"),
    canary("an extension is half as long", around(f"{CORE}.holds:_extend", faults.half_the_time), by="I24"),
    canary(
        "the sweeper ends what is not due",
        instead(f"{SERVICES}.holds:overdue_holds", faults.everything_is_due),
        around(f"{CORE}.holds:_expire", faults.expire_anyway),
        by="I8",
    ),
    canary(
        "more is refunded than was paid",
        around(f"{CORE}.undoing:_refundable_gate", faults.always_pass),
        NO_REFUND_LIMIT,
        by="I8",
    ),
    canary(
        "what was reversed is reversed again", instead(f"{CORE}.undoing:_may_be_undone", faults.yes), by="I8 I24 I27"
    ),
    canary(
        "a document never hears of its refund",
        around(f"{CORE}.undoing:_told_to_original", faults.never_told_of_refund),
        by="I8",
    ),
    canary(
        "a refund does not return to its budget", instead(f"{CORE}.undoing:returning_legs", faults.nothing), by="I24"
    ),
    canary("frozen wallets pay", around(f"{CORE}.legs:_status_gate", faults.thaws), by="I24"),
    canary(
        "any currency will do", around(f"{CORE}.legs:_currency_gate", faults.any_currency), NO_ZERO_SUM, by="I1 I2 I24"
    ),
    canary("a budget is never asked", around(f"{CORE}.envelopes:_envelope_gate", faults.always_pass), by="I9 I24"),
    canary(
        "a payment is not spent of its budget", instead(f"{CORE}.transfers:spending_legs", faults.nothing), by="I24"
    ),
    canary("a hold is not kept of its budget", instead(f"{CORE}.holds:kept_parts", faults.nothing), by="I24"),
    canary(
        "a wallet is closed with money in it",
        around(f"{CORE}.machine:decide_status", faults.not_empty_is_empty),
        by="I24",
    ),
    canary(
        "a change is not counted",
        around(f"{CORE}.machine:after_postings", faults.without_version),
        schema("ALTER TABLE ledger_account DROP CONSTRAINT account_counters"),
        by="I18 I20",
    ),
)

WRITING = (
    canary("nobody locks", instead(f"{SERVICES}.state:lock_accounts", faults.nobody), by="I6 I27", is_race=True),
    canary(
        "what was read is older than the lock",
        instead(f"{SERVICES}.state:lock_accounts", faults.nobody),
        instead(f"{SERVICES}.state:read_accounts", faults.read_before_lock),
        by="I6 I27",
        is_race=True,
    ),
    canary(
        "a used key is accepted",
        schema("ALTER TABLE ledger_command DROP CONSTRAINT command_once"),
        statement(f"{SERVICES}.claims:_CLAIM", "ON CONFLICT (scope, key) DO NOTHING", ""),
        by="I10",
    ),
    canary(
        "a key answers every wish",
        statement(f"{SERVICES}.claims:_EARLIER", "c.request_hash = wanted.request_hash", "true"),
        by="I10",
    ),
    canary(
        "refusals are swallowed",
        around(f"{SERVICES}.writing:Batch._add_outcome", faults.remembers_no_refusal),
        by="I13",
    ),
    canary("another answer is kept", around(f"{SERVICES}.writing:Batch._add_outcome", faults.another_answer), by="I11"),
    canary(
        "answered before it is committed", around_anew(f"{SERVICES}.journal:record", faults.commits_nothing), by="I13"
    ),
    canary("a hold is not written", instead(f"{SERVICES}.writing:ADVANCE", "SELECT 1"), by="I14"),
    canary("cents are lost", around("wallets.api.transfers:transfer_request", faults.whole_euros), by="I13"),
    canary(
        "now() for clock_timestamp()",
        statement("ledger.selectors.accounts:_READ", "clock_timestamp()", "now()"),
        by="I6",
    ),
    canary("time by another clock", around(f"{SERVICES}.state:read_accounts", faults.an_hour_ago), by="I6"),
    canary(
        "a tail is folded twice",
        statement(f"{SERVICES}.folding:_FOLD", "e.xid >= coalesce(a.folded_xid, 0)", "e.xid >= 0"),
        statement(f"{SERVICES}.folding:_FOLD", "AND e.xid >= (SELECT xid FROM since)", ""),
        by="I3",
    ),
    canary("nobody is on record", instead("wallets.services.wallets:record_change", faults.nobody), by="I17"),
)

TELLING = (
    canary("nobody is told", instead(f"{SERVICES}.writing:messages", faults.nothing), by="I17"),
    canary("everybody is told twice", around(f"{SERVICES}.writing:messages", faults.told_twice), by="I17"),
    canary("only one of two is told", around(f"{SERVICES}.writing:messages", faults.told_to_payer_only), by="I17"),
    canary("numbers have a gap", around(f"{SERVICES}.writing:messages", faults.skips_a_number), by="I18"),
    canary(
        "id > last: who commits late is never told of",
        statement(
            f"{SERVICES}.relay.numbering:_NUMBER",
            "WHERE position IS NULL",
            "WHERE position IS NULL AND id > coalesce((SELECT max(id::text)::uuid FROM ledger_outboxmessage"
            " WHERE position IS NOT NULL), '00000000-0000-0000-0000-000000000000')",
        ),
        by="I25",
    ),
    canary(
        "the newest first",
        statement(
            f"{SERVICES}.relay.numbering:_NUMBER", "ORDER BY at, sequence, id", "ORDER BY at DESC, sequence DESC"
        ),
        by="I18",
    ),
    canary(
        "published twice",
        around_anew(f"{SERVICES}.relay.publishing:record_deliveries", faults.marks_once_less),
        by="I19",
    ),
    canary("published out of order", around(f"{SERVICES}.relay.publishing:_waves", faults.last_first), by="I18"),
    canary("marked and never sent", around("tests.safety.stage:Listener.publish", faults.marks_unsent), by="I18"),
    canary(
        "a cache that nobody clears",
        around_anew("wallets.api.balances:get_wallet_and_figures", faults.cached_for_ever),
        by="I22",
    ),
    canary(
        "figures of one moment, version of another",
        around("wallets.api.balances:get_wallet_and_figures", faults.torn),
        by="I23",
    ),
    canary(
        "what was there is said to be left", around(f"{SERVICES}.results:Result.wallet", faults.as_it_was), by="I23"
    ),
)

SCHEMA = (
    canary("postings can be changed", schema("DROP TRIGGER append_only ON ledger_posting"), by="I7", is_standing=True),
    canary("events can be emptied", schema("DROP TRIGGER no_truncate ON ledger_event"), by="I7", is_standing=True),
    canary("the floor is no constraint", NO_FLOOR, by="I7", is_standing=True),
    canary("the sum is not looked at", NO_ZERO_SUM, by="I7", is_standing=True),
    canary(
        "keys are not unique",
        schema("ALTER TABLE ledger_command DROP CONSTRAINT command_once"),
        by="I7",
        is_standing=True,
    ),
    canary("refunds have no limit", NO_REFUND_LIMIT, by="I7", is_standing=True),
    canary(
        "the service may change history",
        schema("GRANT UPDATE, DELETE ON ledger_event TO PUBLIC"),
        by="I7",
        is_standing=True,
    ),
    canary(
        "commands can be answered anew",
        schema("ALTER TABLE ledger_command DISABLE TRIGGER fixed_columns"),
        by="I7",
        is_standing=True,
    ),
    canary(
        "the record of who did what can be changed",
        schema("ALTER TABLE compliance_auditrecord DISABLE TRIGGER compliance_auditrecord_no_change"),
        by="I7",
        is_standing=True,
    ),
    canary(
        "an event can be taken in twice",
        schema("ALTER TABLE ledger_inboxevent DROP CONSTRAINT inbox_once"),
        by="I7",
        is_standing=True,
    ),
)

CANARIES: tuple[Canary, ...] = (*DECISIONS, *WRITING, *TELLING, *SCHEMA)
