"""A small disk of memory for a database, and something large to put on it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
SIZE = "600m"
"""The programs of Postgres lie on it too."""


class NotPermitted(Exception):
    """Nobody may mount anything here."""


@contextmanager
def small_disk() -> Iterator[Path]:
    """Raises NotPermitted."""
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    mounted = subprocess.run(
        ["/usr/bin/mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "none", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        folder.rmdir()
        raise NotPermitted(mounted.stderr.decode().strip())
    try:
        yield folder
    finally:
        subprocess.run(["/usr/bin/umount", "--lazy", str(folder)], check=False)
        with suppress(OSError):
            folder.rmdir()


@dataclass(frozen=True)
class Ballast:
    """A file that takes all the room that is left."""

    disk: Path

    @property
    def _file(self) -> Path:
        return self.disk / "ballast"

    def fill(self) -> None:
        """Page by page in the end: reserving all the room at once fails as a whole if somebody else takes a page."""
        with self._file.open("wb", buffering=0) as file:
            for size in (MIB, 4096):
                with suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def drop(self) -> None:
        self._file.unlink(missing_ok=True)
