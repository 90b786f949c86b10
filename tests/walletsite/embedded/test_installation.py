"""The secrets of an installation: made once, kept, and completed when a new version needs one more."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import asdict
from pathlib import Path

from walletsite.embedded.installation import load_or_make_secrets


def test_they_are_made_once_and_for_the_owners_eyes_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = load_or_make_secrets(file)
    assert load_or_make_secrets(file) == made
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(set(asdict(made).values())) == len(asdict(made))
    assert len(b64decode(made.seal_signing_seed, validate=True)) == 32


def test_an_older_installation_gets_what_it_lacks_and_keeps_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    before = asdict(load_or_make_secrets(file))
    del before["seal_signing_seed"]
    file.write_text(json.dumps(before))
    after = load_or_make_secrets(file)
    assert asdict(after) == {**before, "seal_signing_seed": after.seal_signing_seed}
    assert load_or_make_secrets(file) == after
