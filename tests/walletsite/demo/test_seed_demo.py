from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from compliance.models import Company
from walletsite.demo.credentials_file import read_credentials
from walletsite.management.commands import seed_demo


def run() -> str:
    output = StringIO()
    call_command("seed_demo", stdout=output)
    return output.getvalue()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "credentials.json"
    monkeypatch.setattr(seed_demo, "CREDENTIALS_FILE", file)
    return file


@pytest.mark.usefixtures("db", "small_nordwind")
def test_it_seeds_once_and_says_where_the_log_ins_are(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "http://localhost:4004")
    assert "New log-ins are in .demo/credentials.json." in run()
    content = read_credentials(file)
    assert content["base_url"] == "http://localhost:4004"
    assert "New log-ins" not in run()
    assert read_credentials(file) == content
    assert Company.objects.filter(name="Nordwind").count() == 1


@pytest.mark.django_db
def test_it_refuses_where_strangers_can_come(file: Path, settings: LazySettings) -> None:
    settings.IS_EXPOSED = True
    with pytest.raises(CommandError, match="no place in staging or production"):
        run()
    assert not file.exists()
    assert not Company.objects.filter(name="Nordwind").exists()
