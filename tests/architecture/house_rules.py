"""The house rules: each with its reason, and samples that show that it can fail.

A rule looks at one parsed file and yields the nodes that break it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

Find = Callable[[ast.Module], Iterator[ast.AST]]

ROW_LOCKS = ("FOR UPDATE", "FOR NO KEY UPDATE", "FOR SHARE", "FOR KEY SHARE")
STATEMENTS = ("execute", "executemany", "raw", "RawSQL", "RunSQL", "extra")


@dataclass(frozen=True)
class Rule:
    """
    Attributes:
        applies: to which files, by their path from the root of the repository.
        good, bad: a sample that passes and one that does not.
    """

    name: str
    reason: str
    find: Find
    good: str
    bad: str
    applies: Callable[[PurePosixPath], bool] = lambda path: True


def outside_locks(path: PurePosixPath) -> bool:
    return path.name != "locks.py"


def in_models(path: PurePosixPath) -> bool:
    return "models" in path.parts or path.name == "models.py"


def below_the_composition_root(path: PurePosixPath) -> bool:
    """walletsite listens to Celery's and Django's own signals: there is no other way to hear of a new connection."""
    return path.parts[0] != "walletsite"


def in_core(path: PurePosixPath) -> bool:
    return "core" in path.parts or path.as_posix() in {"ledger/money.py", "ledger/days.py", "ledger/errors.py"}


def dotted(node: ast.AST) -> str:
    """`a.b.c` for the expression a.b.c, also through calls: `a.b(1).c` is a.b.c."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case ast.Call():
            return dotted(node.func)
        case _:
            return ""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def imports(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every imported name, in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def find_row_locks(tree: ast.Module) -> Iterator[ast.AST]:
    for_people = docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if node not in for_people and any(lock in text for lock in ROW_LOCKS):
                yield node
            case ast.Attribute(attr="select_for_update"):
                yield node


def docstrings(tree: ast.Module) -> set[ast.AST]:
    """Texts that stand alone: they are for people."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def find_float_near_money(tree: ast.Module) -> Iterator[ast.AST]:
    if not any(name.startswith(("decimal.Decimal", "ledger.money")) for _, name in imports(tree)):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "float":
            yield node
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node


def find_clock_or_chance(tree: ast.Module) -> Iterator[ast.AST]:
    for node, name in imports(tree):
        if name.split(".")[0] in {"random", "secrets", "time"} or name in {"uuid.uuid1", "uuid.uuid4"}:
            yield node
    for call in calls(tree):
        if dotted(call.func).split(".")[-1] in {"now", "utcnow", "today", "uuid1", "uuid4", "urandom"}:
            yield call


def changes_of(models: frozenset[str]) -> Find:
    """Finds `Model.objects…update()` and the like on these models."""

    def find(tree: ast.Module) -> Iterator[ast.AST]:
        for call in calls(tree):
            names = dotted(call.func).split(".")
            if names[0] in models and names[-1] in {"update", "delete", "bulk_update", "update_or_create"}:
                yield call

    return find


def find_enqueueing_inside_transactions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and any(is_atomic(item.context_expr) for item in node.items):
            yield from enqueued_at_once(node)
        if isinstance(node, ast.FunctionDef) and any(is_atomic(decorator) for decorator in node.decorator_list):
            yield from enqueued_at_once(node)


def is_atomic(node: ast.AST) -> bool:
    return dotted(node).split(".")[-1] == "atomic"


def enqueued_at_once(block: ast.AST) -> Iterator[ast.AST]:
    deferred = {inner for call in calls(block) if dotted(call.func).endswith("on_commit") for inner in calls(call)}
    for call in calls(block):
        if dotted(call.func).split(".")[-1] in {"delay", "apply_async"} and call not in deferred:
            yield call


def find_signals(tree: ast.Module) -> Iterator[ast.AST]:
    return (node for node, name in imports(tree) if ".signals." in f"{name}." or name.startswith("django.dispatch"))


def find_save_overrides(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (
                method
                for method in node.body
                if isinstance(method, ast.FunctionDef) and method.name in {"save", "delete"}
            )


def find_sql_from_strings(tree: ast.Module) -> Iterator[ast.AST]:
    for call in calls(tree):
        if dotted(call.func).split(".")[-1] in STATEMENTS and call.args and is_built(call.args[0]):
            yield call


def is_built(node: ast.AST) -> bool:
    """Whether a text is put together here. `sql.SQL(…).format(…)` is not: it quotes what it puts in."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="format")):
            return True
        case _:
            return isinstance(node, ast.JoinedStr | ast.BinOp)


def find_ambiguous_transaction(tree: ast.Module) -> Iterator[ast.AST]:
    return (node for node, name in imports(tree) if name in {"django.db.transaction", "transaction"})


def find_hidden_models(tree: ast.Module) -> Iterator[ast.AST]:
    return (call for call in calls(tree) if dotted(call.func).split(".")[-1] == "get_model")


def rules(append_only: frozenset[str]) -> list[Rule]:
    """All rules. `append_only`: names of the models whose rows are never changed."""
    return [
        Rule(
            "row locks are taken in locks.py",
            "the order of locks can be read, and kept, in one file per app; unsorted locks deadlocked 343 times",
            find_row_locks,
            good='"""Locks FOR UPDATE."""\nlock_accounts(ids)',
            bad='_SQL = "SELECT 1 FOR NO KEY UPDATE"',
            applies=outside_locks,
        ),
        Rule(
            "row locks are taken in locks.py, by the ORM too",
            "as above",
            find_row_locks,
            good="Wallet.objects.filter(id=id)",
            bad="Wallet.objects.select_for_update()",
            applies=outside_locks,
        ),
        Rule(
            "no float near money",
            "0.1 + 0.2 is not 0.3",
            find_float_near_money,
            good='from decimal import Decimal\nfee = Decimal("0.1")',
            bad="from decimal import Decimal\nfee = Decimal(1) * 0.1",
        ),
        Rule(
            "no clock and no chance in the core",
            "what was decided once must be decided the same in every replay",
            find_clock_or_chance,
            good="def decide(now: datetime) -> None: ...",
            bad="from datetime import datetime\nmoment = datetime.now(UTC)",
            applies=in_core,
        ),
        Rule(
            "what is append-only is never changed",
            "history that can be edited proves nothing",
            changes_of(append_only | {"Posting"}),
            good="Posting.objects.filter(id=id)\nWallet.objects.update(status=status)",
            bad="Posting.objects.filter(id=id).update(amount=0)",
        ),
        Rule(
            "nothing is enqueued inside a transaction",
            "a worker would look before the commit, or act on what was rolled back",
            find_enqueueing_inside_transactions,
            good="with atomic():\n    on_commit(lambda: publish.delay())\npublish.delay()",
            bad="with atomic(durable=True):\n    publish.delay()",
        ),
        Rule(
            "no signals",
            "what follows from what must be readable where it happens",
            find_signals,
            good="from django.db import models",
            bad="from django.db.models.signals import post_save",
            applies=below_the_composition_root,
        ),
        Rule(
            "no business in save()",
            "bulk writes, SQL and migrations go past it",
            find_save_overrides,
            good="class Wallet(Model):\n    def save_model(self): ...",
            bad="class Wallet(Model):\n    def save(self): ...",
            applies=in_models,
        ),
        Rule(
            "no SQL from strings",
            "values go in as parameters and identifiers through psycopg.sql, or somebody writes the rest of the query",
            find_sql_from_strings,
            good='cursor.execute("SELECT %s", [id])\ncursor.execute(sql.SQL("DROP {}").format(name))',
            bad='cursor.execute(f"SELECT {id}")',
        ),
        Rule(
            "`transaction` is the customer's document",
            "the database's transaction is called atomic, so that nobody has to guess which one is meant",
            find_ambiguous_transaction,
            good="from django.db.transaction import atomic",
            bad="from django.db import transaction",
        ),
        Rule(
            "no model is fetched by its name",
            "import contracts cannot see it",
            find_hidden_models,
            good="from ledger.models import Account",
            bad='apps.get_model("ledger", "Account")',
        ),
    ]
