"""Several programs as one, with real processes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from walletsite.programs import Program
from walletsite.up.supervisor import Supervisor, Terminal, run_to_end

PATIENCE_SECONDS = 10


def _python(name: str, code: str, *, is_server: bool = False) -> Program:
    return Program(
        name=name,
        argv=(sys.executable, "-u", "-c", code),
        environment=dict(os.environ),
        folder=Path.cwd(),
        is_server=is_server,
    )


def _sleeper(name: str, *, is_server: bool = False) -> Program:
    code = "import os, signal, sys, time\n"
    code += f"signal.signal(signal.SIGTERM, lambda *_: (print('{name} stops'), sys.exit(0)))\n"
    code += "print('pid', os.getpid())\ntime.sleep(60)"
    return _python(name, code, is_server=is_server)


class Stage:
    """A supervisor whose output can be waited for."""

    def __init__(self) -> None:
        self.output = io.StringIO()
        self.supervisor = Supervisor(Terminal(self.output))

    @property
    def lines(self) -> list[str]:
        return self.output.getvalue().splitlines()

    def pids(self, name: str) -> list[int]:
        start = f"{name:<8} | pid "
        return [int(line.removeprefix(start)) for line in self.lines if line.startswith(start)]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.output.getvalue()
            time.sleep(0.02)


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.supervisor.stop()


def test_a_killed_program_is_started_again(stage: Stage) -> None:
    stage.supervisor.start([_sleeper("web")])
    stage.wait_for(lambda: len(stage.pids("web")) == 1)
    os.kill(stage.pids("web")[0], signal.SIGKILL)
    stage.wait_for(lambda: len(stage.pids("web")) == 2)
    assert "web      | ended unasked (-9) and is started again" in stage.lines


def test_a_program_that_ends_by_itself_is_started_again_with_pauses(stage: Stage) -> None:
    stage.supervisor.start([_python("beat", "print('once')")])
    stage.wait_for(lambda: stage.lines.count("beat     | once") == 3)


def test_what_a_killed_leader_left_behind_is_ended(stage: Stage) -> None:
    child = "import time; time.sleep(60)"
    code = f"import subprocess, sys, time\nprint('pid', subprocess.Popen([sys.executable, '-c', {child!r}]).pid)\n"
    stage.supervisor.start([_python("web", f"{code}import os\nprint('leader', os.getpid())\ntime.sleep(60)")])
    stage.wait_for(lambda: any("leader" in line for line in stage.lines))
    (orphan,) = stage.pids("web")
    leader = int(next(line for line in stage.lines if "leader" in line).split()[-1])
    os.kill(leader, signal.SIGKILL)
    stage.wait_for(lambda: not psutil.pid_exists(orphan))


def test_servers_stop_after_those_who_use_them(stage: Stage) -> None:
    stage.supervisor.start([_sleeper("postgres", is_server=True), _sleeper("web")])
    stage.wait_for(lambda: bool(stage.pids("web") and stage.pids("postgres")))
    stage.supervisor.stop()
    assert [line for line in stage.lines if "stops" in line] == ["web      | web stops", "postgres | postgres stops"]


def test_a_preparation_that_fails_is_said_and_tried_again(stage: Stage) -> None:
    tries: list[int] = []

    def prepare() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("disk is full")

    program = _sleeper("postgres")
    stage.supervisor.start(
        [Program(program.name, program.argv, program.environment, program.folder, None, before_start=prepare)]
    )
    stage.wait_for(lambda: bool(stage.pids("postgres")))
    assert "postgres | ended unasked (disk is full) and is started again" in stage.lines


def test_programs_end_when_the_supervisor_is_killed() -> None:
    """Only where the system tells children that their parent is gone."""
    if sys.platform != "linux":
        pytest.skip("needs Linux")
    code = """
import sys, time
from pathlib import Path
from walletsite.programs import Program
from walletsite.up.supervisor import Supervisor, Terminal
argv = (sys.executable, "-u", "-c", "import os, time; print(os.getpid()); time.sleep(60)")
Supervisor(Terminal(sys.stdout)).start([Program("web", argv, {}, Path.cwd())])
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        child = psutil.Process(int(supervisor.stdout.readline().split()[-1]))
        supervisor.kill()
    child.wait(PATIENCE_SECONDS)


def test_a_step_tells_how_it_ended() -> None:
    assert run_to_end(_python("step", "raise SystemExit(3)")) == 3
