# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a lab: up, cut in the middle, up again, beside another, inside another, down; and nothing left of it.

Needs root, and none of the labs that are up. All folders are the test's own; what is made once is shared with the
machine's cache by hard links, so that neither changes the other.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/lab"))

from lab import image
from lab.containers import WIRE
from lab.hosts import BY_NAME, NETWORK
from lab.processes import wait_until
from lab.state import Settings
from lab.uml import Uml

BASE = Path("/var/tmp/vipstack-life")
PRISTINE = BASE / "cache"
PR_SET_CHILD_SUBREAPER = 36
GENEROUS = 900.0  # seconds for what has to come
GONE = 60.0  # seconds for killed processes to be gone

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a lab needs root")


# -- what there is on this machine


def offspring() -> dict[int, str]:
    """Every process that we or ours ever started, by pid: as a subreaper we inherit them all."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _sep, rest = stat.read_text().partition(" (")[2].rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid, state, parent = int(stat.parent.name), rest.split()[0], int(rest.split()[1])
        if state == "Z":
            if parent == os.getpid():
                os.waitpid(pid, os.WNOHANG)
            continue
        parents[pid], names[pid] = parent, name

    def ours(pid: int) -> bool:
        while pid in parents:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False

    return {pid: names[pid] for pid in parents if ours(pid)}


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for the signal, so that a signal interrupts it as a user would."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (number - 1) & 1)


def runs(*words: str) -> bool:
    """Whether one of our processes has this command line, as far as it goes."""
    wanted = "\0".join(words)
    for pid in offspring():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if wanted in Path(f"/proc/{pid}/cmdline").read_text(errors="replace"):
                return True
    return False


@dataclass(frozen=True)
class Machine:
    """What a lab could leave behind."""

    processes: frozenset[str]
    mounts: frozenset[str]
    namespaces: frozenset[str]
    interfaces: frozenset[str]
    shared_memory: frozenset[str]
    files: frozenset[str]

    @classmethod
    def now(cls) -> Machine:
        mounts = (line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines())
        named = Path("/run/netns")
        return cls(
            frozenset(f"{name} {pid}" for pid, name in offspring().items()),
            frozenset(mount for mount in mounts if mount == str(named) or mount.startswith((str(BASE), "/tmp/mm"))),
            frozenset(name for name in (os.listdir(named) if named.is_dir() else ()) if "life" in name),
            frozenset(os.listdir("/sys/class/net")),
            # Semaphores and the like of Python's multiprocessing, and folders of unit tests, are not a lab's.
            frozenset(name for name in os.listdir("/dev/shm") if not name.startswith(("sem.", "psm_", "vipstack-"))),
            frozenset(
                os.path.join(folder, name)
                for folder, folders, files in os.walk(BASE)
                for name in (*folders, *files)
                if not name.startswith("disk-")  # kept once for later labs, as the trees are
            ),
        )


# -- a lab as people run it


@dataclass
class Lab:
    name: str
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def docker_host(self) -> str:
        return f"unix://{BASE / self.name}/docker.sock"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LAB_", "DOCKER_"))}
        own = {"LAB_NAME": self.name, "LAB_DIR": str(BASE / self.name), "LAB_CACHE": str(PRISTINE), "LAB_ENGINE": "uml",
               "LAB_MEM": "2G", "PYTHONPATH": str(ROOT / "tests/lab")}  # fmt: skip
        return {**inherited, **own, **self.environ}

    def popen(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "lab", *words],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        child = self.popen(*words)
        out, err = child.communicate(timeout=GENEROUS)
        return subprocess.CompletedProcess(words, child.returncode, out, err)

    def good(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, f"lab {' '.join(words)} of {self.name}: {done.stdout}{done.stderr}"
        return done.stdout

    def docker(self, *words: str) -> list[str]:
        done = subprocess.run(
            ["docker", "-H", self.docker_host, *words], capture_output=True, text=True, timeout=GENEROUS, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def hosts(self) -> set[str]:
        return set(self.docker("ps", "--format", "{{.Names}}"))

    def cut(self, moments: Moments, by: signal.Signals = signal.SIGINT) -> str | None:
        """Run `up` and interrupt Python alone at the first moment that comes; which it was, None: `up` came to its end.

        A moment is a step that `up` has printed (or "", its start), and what has to be so from then on.
        """
        child = self.popen("up")
        assert child.stdout is not None
        said = step = ""
        while step not in moments:
            line = child.stdout.readline()
            said += line
            step = re.sub(r"^ *[\d.]+ s  | \(.*|\n", "", line)
            if not line:
                break
        if step in moments:
            come = moments[step]
            assert wait_until(
                lambda: child.poll() is not None or (catches(child.pid, signal.SIGTERM) and come(self)), GENEROUS, 0.01
            ), f"{step!r} was printed and nothing followed: {said}"
        if step not in moments or child.poll() is not None:
            out, err = child.communicate(timeout=GENEROUS)
            assert child.returncode == 0, f"{said}{out}{err}"
            return None
        child.send_signal(by)
        out, err = child.communicate(timeout=GENEROUS)
        assert (child.returncode, err) == (
            130, "lab: interrupted; `lab up` goes on from here, `lab down` removes it\n",
        ), f"{said}{out}{err}"  # fmt: skip
        return step


Moments = dict[str, Callable[[Lab], bool]]


def at_once(_lab: Lab) -> bool:
    return True


def there(*patterns: str) -> Callable[[Lab], bool]:
    """All of these are in the lab's folder, or in its cache; what stays once it came is not missed."""

    def found(lab: Lab) -> bool:
        folders = (BASE / lab.name, Path(lab.environment["LAB_CACHE"]))
        return all(any(any(folder.glob(pattern)) for folder in folders) for pattern in patterns)

    return found


def importing(_lab: Lab) -> bool:
    return runs("docker", "import", "-")


def among_the_hosts(lab: Lab) -> bool:
    """Some are made and `up` is not at its end."""
    return bool(lab.docker("ps", "-aq"))


EVERYBODY = {*BY_NAME, WIRE}


@pytest.fixture(scope="module")
def furnished() -> Iterator[Path | None]:
    """The test's folder with a cache in it; where the machine has one, the guest's disk with the hosts' image."""
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    settings = Settings.of({"LAB_CACHE": os.environ.get("LAB_CACHE", "")})
    guest = Uml(settings)
    guest.prepare()
    tarball = image.tarball(settings)
    for name in ("one", "two", "three"):
        Lab(name).run("down")  # of a run that was killed
    shutil.rmtree(BASE, ignore_errors=True)
    PRISTINE.mkdir(parents=True)
    subprocess.run(["cp", "-al", str(guest.cached), str(tarball), str(PRISTINE)], check=True)
    for disk in (PRISTINE / guest.cached.name).glob("disk-*"):
        disk.unlink()
    (PRISTINE / guest.cached.name / "root/root/.uml").mkdir(exist_ok=True)
    for name in ("uml.lock", "node.lock", "cpu.lock"):
        (PRISTINE / name).touch()
    yield guest.furnished if guest.furnished.exists() else None
    for name in ("one", "two", "three"):
        Lab(name).run("down")
    shutil.rmtree(BASE)


@pytest.fixture
def nothing_left(furnished: Path | None) -> Iterator[None]:
    """Processes, mounts, namespaces, interfaces and files are after the test what they were before it."""
    before, pids = Machine.now(), offspring().keys()
    yield
    # What was killed may take a moment to be gone.
    wait_until(lambda: offspring().keys() == pids, GONE)
    after = Machine.now()
    for kind in before.__dataclass_fields__:
        assert getattr(after, kind) == getattr(before, kind), kind


@pytest.fixture
def warm(furnished: Path | None) -> None:
    """Labs start from the disk that holds the hosts' image, where there is one."""
    if furnished is not None:
        kept = PRISTINE / furnished.parent.name / furnished.name
        if not kept.exists():
            os.link(furnished, kept)


# -- the tests, in an order that makes them quick


@pytest.mark.usefixtures("nothing_left")
def test_an_empty_cache_cut_while_two_trees_are_made_has_nothing_half_in_it(tmp_path: Path) -> None:
    temporary = {name for name in os.listdir("/tmp") if name.startswith("mmdebstrap")}
    lab = Lab("one", {"LAB_CACHE": str(BASE / "empty")})
    assert lab.cut({"": there("uml.new/root/*", "node.new/*")}) == ""
    assert {path.name for path in (BASE / "empty").iterdir()} == {"uml.lock", "node.lock"}
    assert wait_until(lambda: offspring() == {}, GONE)
    assert {name for name in os.listdir("/tmp") if name.startswith("mmdebstrap")} == temporary
    lab.good("down", "--purge")
    assert not (BASE / "empty").exists()


# What `up` says before the cut, what is there then, and the signal: each moment is in another step.
MOMENTS = [
    pytest.param("", at_once, signal.SIGINT, id="tools"),
    pytest.param("guest tree", there("disk.*"), signal.SIGINT, id="guest-disk"),
    pytest.param("guest disk", there("uml.pid"), signal.SIGINT, id="guest-kernel-begins"),
    pytest.param("guest disk", there("docker.sock"), signal.SIGTERM, id="guest-kernel-boots"),
    pytest.param("guest kernel", importing, signal.SIGINT, id="image-import"),
]


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(("step", "come", "by"), MOMENTS)
def test_down_after_a_cut_leaves_nothing(step: str, come: Callable[[Lab], bool], by: signal.Signals) -> None:
    lab = Lab("one")
    assert lab.cut({step: come}, by) == step
    lab.good("down")
    assert not (BASE / "one").exists()


@pytest.mark.long
@pytest.mark.usefixtures("nothing_left")
def test_cut_at_every_step_up_goes_on_to_the_end() -> None:
    lab = Lab("one")
    # After the import the guest stands still while its disk is copied, and goes on though the copy is cut.
    moments = {
        "guest tree": there("disk.*"),
        "guest disk": there("docker.sock"),
        "guest kernel": importing,
        "image import": there("uml-*/disk-*"),
    }
    cuts = [lab.cut({"": at_once})]
    while (step := lab.cut(moments)) is not None:
        cuts.append(step)
        del moments[step]
        if step == "image import":
            assert lab.docker("images", "-q")
            cuts.append(lab.cut({"": among_the_hosts}))  # among the hosts, which print nothing before they are done
    assert {"guest tree", "image import"} <= set(cuts)
    assert lab.hosts() == EVERYBODY
    assert lab.good("exec", "web2", "--", "systemctl", "is-system-running") == "running\n"
    assert "hosts" not in lab.good("up"), "what is up stays"
    lab.good("down")


@pytest.mark.long
@pytest.mark.usefixtures("warm", "nothing_left")
def test_two_labs_beside_each_other_and_a_third_inside_one() -> None:
    one, two = Lab("one"), Lab("two")
    both = [threading.Thread(target=lab.run, args=("up",)) for lab in (one, two)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert (one.hosts(), two.hosts()) == (EVERYBODY, EVERYBODY)
    assert not {*one.docker("ps", "-q")} & {*two.docker("ps", "-q")}
    assert "ip_vs" not in one.good("exec", "d1", "--", "cat", "/proc/modules"), "the roles load it, with its options"
    seen = "curl -gsm 60 'http://[2001:db8:100::100]:9/'; ip -6 neighbour show 2001:db8:100::100"
    assert "02:00:c6:33:64:64" in one.good("exec", "client", "--", "sh", "-c", seen), "d1 answers by IPv6"

    refused = one.run("down", "--purge")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert re.match(r"lab: .*/cache is in use by vipstack-two-\w+: take down that first", refused.stderr)
    assert one.hosts() == EVERYBODY
    one.good("down")
    assert two.hosts() == EVERYBODY

    three = Lab("three", {"LAB_ENGINE": "docker", "DOCKER_HOST": two.docker_host})
    refused = three.run("up")
    assert (refused.returncode, refused.stderr) == (
        1, f"lab: the daemon at {two.docker_host} carries lab two already; a daemon carries one\n",
    )  # fmt: skip
    three.good("down")
    two.docker("rm", "-f", "-v", *EVERYBODY)
    two.docker("network", "rm", NETWORK)
    three.good("up")
    assert three.hosts() == two.hosts() == EVERYBODY
    assert set(two.docker("ps", "--format", '{{.Label "vipstack.lab"}}')) == {"three"}
    assert "engine docker" in three.good("status")
    three.good("down")
    assert two.docker("ps", "-aq") == []
    assert NETWORK not in two.docker("network", "ls", "--format", "{{.Name}}")
    two.good("down")
