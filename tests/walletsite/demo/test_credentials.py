from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rich.console import Console

from compliance.errors import InvalidCredentials
from compliance.models import AuditRecord, Company
from compliance.services.credentials import verify_service_account, verify_user
from tests.compliance.clients import api_with
from walletsite.demo.authenticator import codes
from walletsite.demo.credentials import write_credentials
from walletsite.demo.credentials_file import CREDENTIALS_FILE, read_credentials

URL = "http://localhost:3003"
ROLES = {
    "employee": "EMPLOYEE",
    "manager": "MANAGER",
    "finance": "FINANCE",
    "checker": "FINANCE",
    "compliance": "COMPLIANCE",
    "auditor": "AUDITOR",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".demo" / "credentials.json"


def can_log_in(log_in: dict[str, str]) -> bool:
    try:
        verify_user(email=log_in["email"], password=log_in["password"], address=None)
    except InvalidCredentials:
        return False
    return True


def service_can_log_in(service: dict[str, str]) -> bool:
    try:
        verify_service_account(**service, address=None)
    except InvalidCredentials:
        return False
    return True


def test_the_file_has_the_promised_form(nordwind: Company, file: Path) -> None:
    assert write_credentials(nordwind, base_url=URL, file=file)
    content = json.loads(file.read_text())
    assert list(content) == ["base_url", "admin_url", "users", "service"]
    assert (content["base_url"], content["admin_url"]) == (URL, f"{URL}/admin/")
    assert list(content["users"]) == list(ROLES)
    assert list(content["users"].pop("employee")) == ["email", "password", "user_id"], "who has no business there"
    of_staff = ["email", "password", "user_id", "authenticator_key"]
    assert all(list(user) == of_staff for user in content["users"].values())
    assert list(content["service"]) == ["client_id", "client_secret"]


def test_only_its_owner_reads_it(nordwind: Company, file: Path) -> None:
    write_credentials(nordwind, base_url=URL, file=file)
    assert [path.stat().st_mode & 0o777 for path in (file, file.parent)] == [0o600, 0o700]


def test_git_ignores_it() -> None:
    checkout = CREDENTIALS_FILE.parents[1]
    assert f"{CREDENTIALS_FILE.parent.name}/" in (checkout / ".gitignore").read_text().splitlines()


def test_everybody_in_it_can_log_in(nordwind: Company, file: Path) -> None:
    write_credentials(nordwind, base_url=URL, file=file)
    content = read_credentials(file)
    for name, role in ROLES.items():
        log_in = content["users"][name]
        user = verify_user(email=log_in["email"], password=log_in["password"], address=None)
        assert (user.role, str(user.id), user.company_id) == (role, log_in["user_id"], nordwind.id)
    account = verify_service_account(**content["service"], address=None)
    assert account.company_id == nordwind.id
    employee, manager = (
        verify_user(email=who["email"], password=who["password"], address=None)
        for who in (content["users"]["employee"], content["users"]["manager"])
    )
    assert employee.team_id == manager.team_id is not None


def test_a_second_run_keeps_the_log_ins_and_writes_the_address_anew(nordwind: Company, file: Path) -> None:
    write_credentials(nordwind, base_url=URL, file=file)
    before = read_credentials(file)
    assert not write_credentials(nordwind, base_url="http://localhost:4004", file=file)
    after = read_credentials(file)
    assert after == {**before, "base_url": "http://localhost:4004", "admin_url": "http://localhost:4004/admin/"}
    assert can_log_in(after["users"]["employee"])


def shown_code(file: Path, role: str) -> str:
    """What `make code` prints."""
    printed = io.StringIO()
    Console(file=printed, width=120).print(codes(read_credentials(file), now=timezone.now()))
    (row,) = [line for line in printed.getvalue().splitlines() if role in line]
    found = re.search(r"(\d{6})\D*$", row)
    assert found is not None, row
    return found[1]


@pytest.mark.parametrize("role", ["manager", "finance", "compliance", "auditor"])
def test_staff_come_into_the_back_office_with_the_code_that_is_printed(
    nordwind: Company, file: Path, role: str
) -> None:
    for _ in range(2):  # log-ins that are made anew have a new app
        write_credentials(nordwind, base_url=URL, file=file)
        who, client = read_credentials(file)["users"][role], Client()
        client.post("/admin/login/", {"username": who["email"], "password": who["password"]})
        assert client.post("/admin/login/code/", {"code": shown_code(file, role)})["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200
        lose(file)


def test_a_file_from_before_the_second_factor_is_replaced(nordwind: Company, file: Path) -> None:
    write_credentials(nordwind, base_url=URL, file=file)
    content = read_credentials(file)
    del content["users"]["finance"]["authenticator_key"]
    file.write_text(json.dumps(content))
    assert write_credentials(nordwind, base_url=URL, file=file)
    assert "authenticator_key" in read_credentials(file)["users"]["finance"]


def lose(file: Path) -> None:
    file.unlink()


def spill_coffee_on(file: Path) -> None:
    file.write_text('{"base_url": ')


def replace_by_another_companys(file: Path) -> None:
    content = json.loads(file.read_text())
    content["users"]["employee"]["user_id"] = "01999999-0000-7000-8000-000000000000"
    file.write_text(json.dumps(content))


@pytest.mark.parametrize("harm", [lose, spill_coffee_on, replace_by_another_companys])
def test_without_a_file_that_fits_there_are_new_log_ins(nordwind: Company, file: Path, harm: Any) -> None:
    write_credentials(nordwind, base_url=URL, file=file)
    old = read_credentials(file)
    harm(file)
    assert write_credentials(nordwind, base_url=URL, file=file)
    new = read_credentials(file)
    for role in ROLES:
        assert new["users"][role]["password"] != old["users"][role]["password"]
        assert can_log_in(new["users"][role])
        assert not can_log_in(old["users"][role])
    assert service_can_log_in(new["service"])
    assert not service_can_log_in(old["service"])


def test_new_log_ins_end_what_the_old_ones_opened(nordwind: Company, file: Path) -> None:
    write_credentials(nordwind, base_url=URL, file=file)
    service = read_credentials(file)["service"]
    token = api_with("").post("/v1/auth/token", service).json()["access"]
    wallets = api_with(token)
    assert wallets.get("/v1/wallets").status_code == 200
    lose(file)
    write_credentials(nordwind, base_url=URL, file=file)
    assert wallets.get("/v1/wallets").status_code == 401


def test_a_new_secret_is_audited(nordwind: Company, file: Path) -> None:
    write_credentials(nordwind, base_url=URL, file=file)
    records = AuditRecord.objects.filter(company_id=nordwind.id, event_type="service_account.secret_renewed")
    assert [(record.entity_type, record.actor_role, record.after) for record in records] == [
        ("ServiceAccount", "SYSTEM", {})
    ]


def test_two_installations_have_nothing_in_common(nordwind: Company, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_credentials(nordwind, base_url=URL, file=tmp_path / name / "credentials.json")
    one, two = (read_credentials(tmp_path / name / "credentials.json") for name in ("one", "two"))
    passwords = [user["password"] for content in (one, two) for user in content["users"].values()]
    secrets = [content["service"]["client_secret"] for content in (one, two)]
    assert len(set(passwords + secrets)) == 14
    assert min(map(len, passwords + secrets)) >= 20
