"""The checker learns nothing from the service's code: it imports none of it, directly or by the way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OTHERS = ("history", "model", "requests", "verdicts")
JUDGES = sorted([*(HERE / "checker").glob("*.py"), *(HERE / f"{name}.py" for name in OTHERS)])
THE_SERVICE = {"ledger", "wallets", "budgets", "compliance", "walletsite", "django"}


@pytest.mark.parametrize("file", JUDGES, ids=lambda file: file.stem)
def test_a_judge_imports_nothing_of_the_service(file: Path) -> None:
    named = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            named.add(node.module or "")
    assert not {name for name in named if name.partition(".")[0] in THE_SERVICE}
    ours = {name for name in named if name.startswith("tests")}
    judges = ("tests.safety.checker", *(f"tests.safety.{name}" for name in OTHERS))
    assert all(name.startswith(judges) for name in ours)


def test_the_checker_runs_where_the_service_is_not_loaded() -> None:
    program = "import sys, tests.safety.checker; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=HERE.parents[1], capture_output=True, text=True, check=True
    )
    assert "psycopg" in done.stdout.split()
    assert not THE_SERVICE & set(done.stdout.split())
