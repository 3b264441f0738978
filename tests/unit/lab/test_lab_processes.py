# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that end, commands that do not, and an interrupt that comes in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lab import debian
from lab.processes import PATIENCE, Interrupted, last_line, run, start_time, wait_until
from lab.state import LabError

GENEROUS = 120.0  # seconds for what has to come
LAB = Path(__file__).parents[2] / "lab"

# Two threads wait for a command each, as in `up`; what a command starts itself is written down.
SCRIPT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from lab.processes import PATIENCE, Interrupted, interruptible, run, shielded
interruptible()
child = "%s; sleep 3600 & echo $! >> " + sys.argv[1] + "; wait"
begun = []
def job(trap):
    try:
        run(["sh", "-c", child % trap], check=False)
    finally:
        try:
            run(["touch", sys.argv[1] + ".later"])
        except Interrupted:
            begun.append("nothing")
        with shielded():
            run(["sh", "-c", "echo clean >> " + sys.argv[1] + ".clean"])
try:
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(job, trap) for trap in sys.argv[2:]]:
            one.result()
except KeyboardInterrupt:
    print("interrupted", *begun)
"""


# Its timer ends when a file is there, not after a time.
PATIENT = """
import os, threading, time
class Timer(threading.Thread):
    def __init__(self, seconds, function, arguments):
        super().__init__()
        self.seconds, self.function, self.arguments = seconds, function, arguments
    def run(self):
        while not os.path.exists({heard!r}):
            time.sleep(0.01)
        print("patience of %g s" % self.seconds, flush=True)
        self.function(*self.arguments)
threading.Timer = Timer
"""


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_to_this_process_alone_ends_what_every_thread_waits_for(number: int, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(pids), "true", "true"],
        env={**os.environ, "PYTHONPATH": str(LAB)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert wait_until(lambda: len(lines(pids)) == 2, GENEROUS)
    child.send_signal(number)
    out, _other = child.communicate(timeout=GENEROUS)  # what they wait for takes an hour
    assert out == "interrupted nothing nothing\n"
    assert wait_until(lambda: all(start_time(int(pid)) is None for pid in lines(pids)), GENEROUS)
    assert not (tmp_path / "pids.later").exists()
    assert lines(tmp_path / "pids.clean") == ["clean", "clean"]


TO_ANOTHER_THREAD = """
import signal, threading, time
from lab.processes import interruptible
interruptible()
ended = threading.Event()
other = threading.Thread(target=ended.wait)
other.start()
def send():
    time.sleep(0.2)
    signal.pthread_kill(other.ident, signal.SIGINT)
threading.Thread(target=send).start()
try:
    other.join()
except KeyboardInterrupt:
    print("interrupted")
    ended.set()
"""


def test_an_interrupt_that_another_thread_gets_ends_what_the_main_thread_waits_for() -> None:
    environ = {**os.environ, "PYTHONPATH": str(LAB)}
    done = subprocess.run(
        [sys.executable, "-c", TO_ANOTHER_THREAD],
        env=environ, capture_output=True, text=True, timeout=GENEROUS, check=False,
    )  # fmt: skip
    assert done.stdout == "interrupted\n", done.stderr


def test_who_does_not_listen_to_an_interrupt_is_killed(tmp_path: Path) -> None:
    """The patience is over as soon as TERM was heard: KILL comes after it, and nothing else ends the child."""
    pids, heard = tmp_path / "pids", tmp_path / "heard"
    deaf = f"trap 'echo TERM >> {heard}; while :; do sleep 1; done' TERM"
    child = subprocess.Popen(
        [sys.executable, "-c", PATIENT.format(heard=str(heard)) + SCRIPT, str(pids), deaf],
        env={**os.environ, "PYTHONPATH": str(LAB)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert wait_until(lambda: len(lines(pids)) == 1, GENEROUS)
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=GENEROUS)[0] == f"patience of {PATIENCE:g} s\ninterrupted nothing\n"
    assert lines(heard) == ["TERM"]


def test_what_failed_is_said_with_the_last_line() -> None:
    with pytest.raises(LabError, match=r"^the making failed \(3\): because of this$"):
        run(["sh", "-c", "echo first >&2; echo because of this >&2; echo >&2; exit 3"], what="the making")
    with pytest.raises(LabError, match=r"^no-such-command: no such command$"):
        run(["no-such-command"])


def test_no_end_takes_what_it_started_along(tmp_path: Path) -> None:
    # A limit in which even a busy machine has started it.
    for limit in (0.3, 3, 30):
        with pytest.raises(LabError, match=rf"^it: no end after {limit:g} s$"):
            run(["sh", "-c", f"sleep 3600 & echo $! > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; wait"],
                what="it", timeout=limit)  # fmt: skip
        if (tmp_path / "pid").exists():
            break
    assert wait_until(lambda: start_time(int((tmp_path / "pid").read_text())) is None, GENEROUS)


def test_hints_of_docker_are_not_the_reason() -> None:
    said = b"docker: no such image\n\nRun 'docker run --help' for more information\n"
    assert last_line(said) == "docker: no such image"
    assert last_line(b"\n") == "it printed nothing"


def test_an_interrupt_is_a_lab_error_of_its_own() -> None:
    assert isinstance(Interrupted(), LabError)


def half(cache: Path) -> None:
    (cache / "node.new/root").mkdir(parents=True)
    (cache / "node.new.tmp/mmdebstrap.gpghome").mkdir(parents=True)
    for name in ("node.new.apt.conf", "node-1234.new", "node-1234.tar", "uml.new"):
        (cache / name).write_text("")


def names(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir()} - {"node.lock"}


def test_half_made_things_go_when_making_fails(tmp_path: Path) -> None:
    def make() -> None:
        with debian.locked(tmp_path, "node"):
            half(tmp_path)
            raise LabError("no")

    with pytest.raises(LabError):
        make()
    assert names(tmp_path) == {"node-1234.tar", "uml.new"}


def test_half_made_things_of_a_power_cut_go_before_the_next_making(tmp_path: Path) -> None:
    half(tmp_path)
    with debian.locked(tmp_path, "node"):
        assert names(tmp_path) == {"node-1234.tar", "uml.new"}


def test_one_maker_at_a_time(tmp_path: Path) -> None:
    with debian.locked(tmp_path, "node"):
        with debian.locked(tmp_path, "uml", wait=False):
            pass
        with pytest.raises(BlockingIOError), debian.locked(tmp_path, "node", wait=False):
            pass


def test_another_recipe_has_another_name() -> None:
    assert debian.key(("a", "b"), b"c") == debian.key(("a", "b"), b"c")
    assert debian.key(("a", "b"), b"c") != debian.key(("a",), b"bc")


STEPS = """
import sys, threading
from lab.processes import step
sys.setswitchinterval(1e-6)
together = threading.Barrier(2)
def work(text):
    for turn in range(3000):
        with step(text):
            together.wait()
threads = [threading.Thread(target=work, args=(text,)) for text in ("guest tree", "hosts' image")]
for thread in threads:
    thread.start()
"""


def test_steps_that_end_at_the_same_time_have_a_line_each() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STEPS], env={**os.environ, "PYTHONPATH": str(LAB)}, capture_output=True, text=True,
        timeout=600, check=True,
    )  # fmt: skip
    lines = [line.partition(" s  ")[2] for line in done.stdout.splitlines()]
    assert Counter(lines) == {"guest tree": 3000, "hosts' image": 3000}
