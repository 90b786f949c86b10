"""Folders of our own under a folder that anybody may write to."""

from __future__ import annotations

from pathlib import Path

import pytest

from walletsite.embedded.places import EmbeddedServerError, installation_folder, locked, own_folder


def test_the_data_lie_outside_of_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMBEDDED_DATA_DIR", str(tmp_path))
    demo, test = installation_folder("demo"), installation_folder("test")
    assert demo != test
    assert demo.parent == test.parent
    assert demo.is_relative_to(tmp_path)
    assert demo.stat().st_mode & 0o777 == 0o711


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    with pytest.raises(EmbeddedServerError, match="not a private folder"):
        own_folder(open_folder, mode=0o700)


def test_a_link_in_our_place_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(EmbeddedServerError, match="not a private folder"):
        own_folder(link, mode=0o700)


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with locked(file), pytest.raises(BlockingIOError), locked(file, wait=False):
        pytest.fail("the lock was given twice")
    with locked(file, wait=False):
        pass
