"""Where embedded servers keep their data: one folder per checkout, outside of the checkout and the home folder.

Postgres must not run as root, so as root it runs as another account; a folder of ours under /var/tmp lets that
account in without opening anybody's home folder.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
TRAVERSABLE = 0o711
PRIVATE = 0o700


class EmbeddedServerError(Exception):
    """An embedded server cannot run here; the text says why and what to do."""


def installation_folder(kind: str) -> Path:
    """Make and return the folder for the servers of one kind ("demo" or "test") of this checkout."""
    base = Path(os.environ.get("EMBEDDED_DATA_DIR", "/var/tmp"))  # noqa: S108 - guarded by own_folder
    checkout = sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    folder = base / f"wallet-service-{os.geteuid()}"
    for name in ("", checkout, kind):
        folder = own_folder(folder / name, mode=TRAVERSABLE)
    return folder


def own_folder(folder: Path, *, mode: int) -> Path:
    """Make a folder, or make sure that the one there is ours: anybody may create names under /var/tmp.

    Raises:
        EmbeddedServerError: the folder belongs to somebody else, is a link, or others may write to it.
    """
    folder.mkdir(mode=mode, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise EmbeddedServerError(f"{folder} is not a private folder of this user. Remove it or set EMBEDDED_DATA_DIR.")
    folder.chmod(mode)  # mkdir gives less under a strict umask
    return folder


@contextmanager
def locked(file: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends.

    Raises:
        BlockingIOError: somebody else holds it and `wait` is false.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)
