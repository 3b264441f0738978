"""The engine that needs nothing of the machine's kernel: User Mode Linux, an ordinary process, runs dockerd."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab import image
from lab.debian import FILES, key, locked, remove, tree
from lab.docker import Docker
from lab.processes import Daemon, Interrupted, last_line, run, shielded, step, wait_until
from lab.state import LabError, Settings

PACKAGES = ("docker.io", "crun", "user-mode-linux", "iproute2", "kmod", "procps")
# Where Debian's kernel for guests is looked for, in this order. It has to be 6.16 or newer to know seccomp=on; an older
# one (trixie's 6.12) is several times slower, otherwise the same. 6.12 and 7.2 were seen to carry the lab.
SUITES = ("forky", "sid", "trixie")
HOST_IP, GUEST_IP = "192.0.2.1", "192.0.2.2"
_RECIPE = key(PACKAGES, *((FILES / name).read_bytes() for name in ("guest-init", "daemon.json")))

# In network, mount and PID namespaces of its own: what is made here ends with the guest. No way leads out of it;
# the tap is its only neighbour. TMPDIR on tmpfs: the guest's memory is a file there.
# seccomp=on (6.16 or newer): no ptrace. barrier=0: the disk is a file in this machine's page cache; waiting for the
# platter buys nothing. The guest stands for six machines, so it goes before what asks it: `nice`, and the same for its
# session, as that is what a kernel with autogroups looks at.
_BOOT = """
set -e
{ echo -10 > /proc/self/autogroup; } 2> /dev/null || :
ip link set lo up; ip tuntap add tap0 mode tap; ip addr add "$5/30" dev tap0; ip link set tap0 up
mount --rbind /dev "$1/dev"; mount -t proc proc "$1/proc"; mount --bind "$2" "$1/lab"
exec chroot "$1" env -i PATH=/usr/bin HOME=/root TMPDIR=/dev/shm /usr/bin/linux.uml mem="$3" seccomp=on umid="$6" \
  ubd0=/lab/disk.img root=/dev/ubda rootfstype=ext4 rootflags=barrier=0 rw init=/guest-init \
  vec0:transport=tap,ifname=tap0 lab_ip="$4" lab_host="$5" con=null con0=null,fd:1 ssl=null quiet panic=1
"""


def freest_cpu(allowed: Iterable[int], pinned: Iterable[int]) -> int:
    """The CPU with the fewest pinned guests; among equals the last one, as the first serves most interrupts."""
    load = Counter(pinned)
    return min(allowed, key=lambda cpu: (load[cpu], -cpu))


@dataclass(frozen=True)
class Guest:
    """A guest that runs on this machine, whoever started it."""

    umid: str
    root: Path
    cpus: frozenset[int]


def guests(proc: Path = Path("/proc")) -> set[Guest]:
    """Every guest of this machine; a guest's own processes carry its kernel's words and count as one."""
    found = set()
    for process in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            umid = [word.removeprefix("umid=") for word in words if word.startswith("umid=")]
            if umid and words[0].endswith("/linux.uml"):
                cpus = frozenset(os.sched_getaffinity(int(process.name)))
                found.add(Guest(umid[0], Path(os.readlink(process / "root")), cpus))
    return found


class Uml:
    """One guest: a tree shared through the cache, a disk, a network namespace and two processes of its own."""

    name = "uml"

    def __init__(self, settings: Settings, cpu: int | None = None, suite: str | None = None) -> None:
        self.settings = settings
        self.cpu = settings.cpu if settings.cpu is not None else cpu
        self.suites = tuple(filter(None, [suite or settings.suite])) or SUITES
        self.suite = self.suites[0]
        self.kernel = Daemon(settings.dir, "uml")
        self.relay = Daemon(settings.dir, "relay")
        self.docker = Docker(self.docker_host)

    @property
    def docker_host(self) -> str:
        return self.settings.own_docker_host

    @property
    def cached(self) -> Path:
        return self._of(self.suite)

    def _of(self, suite: str) -> Path:
        return self.settings.cache / f"uml-{suite}-{_RECIPE}"

    @property
    def root(self) -> Path:
        return self.cached / "root"

    @property
    def version(self) -> str:
        """The kernel's, by the folder of its modules."""
        return ", ".join(sorted(path.name for path in (self.root / "usr/lib/uml/modules").glob("[0-9]*"))) or "unknown"

    @property
    def disk(self) -> Path:
        return self.settings.dir / "disk.img"

    @property
    def furnished(self) -> Path:
        """The disk that new labs start from, where one was kept."""
        return self.cached / f"disk-{image.KEY}.img"

    def is_up(self) -> bool:
        return self.kernel.pid() is not None and self.relay.pid() is not None and self.docker.answers()

    # -- what is made once for every lab of this machine

    def prepare(self) -> None:
        """The Debian tree: where the kernel's binary runs (its libc is newer than Debian 12's) and the guest's root."""
        with locked(self.settings.cache, "uml"):
            self.suite = next((suite for suite in self.suites if self._of(suite).exists()), self.suites[0])
            if self.cached.exists():
                return
            failed = []
            for suite in self.suites:
                self.suite = suite
                try:
                    self._make()
                    return
                except Interrupted:
                    raise
                except LabError as error:
                    failed.append(str(error))
            raise LabError(
                f"no kernel for a guest: {'; '.join(failed)}; set LAB_SUITE to a Debian suite with user-mode-linux,"
                " or use LAB_ENGINE=docker"
            )

    def _make(self) -> None:
        new = self.settings.cache / "uml.new"
        remove(new)
        root = new / "root"
        tree(root, self.suite, PACKAGES)
        if not (root / "usr/bin/linux.uml").exists():
            raise LabError(f"Debian {self.suite}'s user-mode-linux has no /usr/bin/linux.uml any more")
        modules = root / "usr/lib/modules"  # the package keeps them where modprobe does not look
        if modules.is_dir() and not modules.is_symlink():
            shutil.rmtree(modules)
        modules.unlink(missing_ok=True)
        modules.symlink_to("uml/modules")
        (root / "etc/resolv.conf").unlink(missing_ok=True)
        (root / "etc/resolv.conf").write_text("")
        (root / "etc/docker").mkdir(exist_ok=True)
        (root / "lab").mkdir()
        shutil.copy(FILES / "daemon.json", root / "etc/docker/daemon.json")
        shutil.copy(FILES / "guest-init", root / "guest-init")
        run(
            [
                "mke2fs",
                "-q",
                "-t",
                "ext4",
                "-m",
                "0",
                "-E",
                "lazy_itable_init=1,lazy_journal_init=1",
                "-d",
                str(root),
                str(new / "disk.img"),
                self.settings.disk,
            ],
            what="mke2fs",
        )
        new.rename(self.cached)
        used = {guest.root for guest in guests()}
        for old in self.settings.cache.glob(f"uml-{self.suite}-*"):  # of recipes of yesterday
            if old != self.cached and (old / "root").resolve() not in used:
                remove(old)

    # -- this lab's guest

    def up(self) -> None:
        """From whatever is there to a daemon that answers."""
        if self.is_up():
            return
        self.down()
        self.settings.dir.mkdir(parents=True, exist_ok=True)
        if not self.disk.exists():
            with step("guest disk"):
                _copy(self.furnished if self.furnished.exists() else self.cached / "disk.img", self.disk)
        with step(f"guest kernel (User Mode Linux {self.version} of Debian {self.suite})"):
            self._boot()
            self._wait()

    def keep_disk(self) -> None:
        """Keep this lab's disk, with the hosts' image in it and no host yet, for the next one to start from.

        The guest stands still meanwhile: with everything written before, the copy is as good as after a power cut
        in an idle moment, which a journal mends.
        """
        with locked(self.settings.cache, "uml"):
            self.docker("run", "--rm", "--privileged", "--network", "none", image.TAG, "sync", what="sync")
            try:
                if not self._console("stop"):
                    return
                for old in self.cached.glob("disk-*"):
                    old.unlink()
                _copy(self.disk, self.furnished)
            finally:
                with shielded():
                    self._console("go")

    def _boot(self) -> None:
        umid = self.settings.unique
        with locked(self.settings.cache, "cpu"):  # of two that come up at once, the second sees the first
            if self.cpu is None:
                pinned = [cpu for guest in guests() if len(guest.cpus) == 1 for cpu in guest.cpus]
                self.cpu = freest_cpu(os.sched_getaffinity(0), pinned)
            # taskset: kernel and guest processes hand over on one CPU, six times faster than across two.
            self.kernel.start(
                ["nice", "-n", "-10", "taskset", "-c", str(self.cpu), "sh", "-c", _BOOT, "sh", str(self.root),
                 str(self.settings.dir), self.settings.mem, GUEST_IP, HOST_IP, umid],
                "--net", "--mount",
            )  # fmt: skip
            wait_until(lambda: self.kernel.pid() is None or umid in {guest.umid for guest in guests()}, 60)
        mine = os.readlink("/proc/self/ns/net")
        pid = self.kernel.pid()
        if not wait_until(lambda: self.kernel.pid() is None or os.readlink(f"/proc/{pid}/ns/net") != mine, 60, 0.01):
            raise LabError(f"the guest gets no network namespace: {last_line(self.kernel.log.read_bytes())}")
        if self.kernel.pid() is None:
            return  # _wait has reported it
        # A socket with a path is reached from every network namespace. -t3600 keeps half-closed connections:
        # `docker exec -i` closes its input long before the output is all there. backlog: eight clients come at once.
        self.settings.socket.unlink(missing_ok=True)
        listen = f"UNIX-LISTEN:{self.settings.socket},fork,mode=600,backlog=128"
        self.relay.start(["nsenter", f"--net=/proc/{pid}/ns/net", "socat", "-t3600", listen, f"TCP:{GUEST_IP}:2375"])

    def _wait(self, seconds: float = 300) -> None:
        wait_until(lambda: self.kernel.pid() is None or self.docker.answers(), seconds, 0.2)
        said = f"{last_line(self.kernel.log.read_bytes())} (all of it: {self.kernel.log})"
        if self.kernel.pid() is None:
            raise LabError(f"the guest's kernel ended at once: {said}")
        if not self.docker.answers():
            raise LabError(f"the guest's dockerd does not answer after {seconds:g} s: {said}")

    def down(self) -> None:
        """End the guest after a flush of its disk; no process, namespace or socket stays."""
        if self.kernel.pid() is not None:
            self._flush()
        self.relay.stop()
        self.kernel.stop()
        self.settings.socket.unlink(missing_ok=True)
        shutil.rmtree(self.root / "root/.uml" / self.settings.unique, ignore_errors=True)

    def _flush(self) -> None:
        """Write everything, then go read-only; both go on behind the answer."""
        if self._console("sysrq s", "sysrq u"):
            time.sleep(1)

    def _console(self, *words: str) -> bool:
        """Whether the guest's kernel took these words; sent by a process of its own, as it changes its root."""
        code = "import sys; from lab.uml import mconsole; mconsole(*sys.argv[1:])"
        command = [sys.executable, "-c", code, str(self.root), self.settings.unique, *words]
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        return run(command, env=environ, check=False).returncode == 0


def _copy(disk: Path, to: Path) -> None:
    """A copy that is there whole or not at all, as sparse as the original."""
    new = to.with_suffix(".new")
    try:
        run(["cp", "--sparse=always", "--reflink=auto", str(disk), str(new)], what="copy of the guest's disk")
        new.rename(to)
    finally:
        new.unlink(missing_ok=True)


def mconsole(root: str, umid: str, *commands: str) -> None:
    """Write words to a guest's console socket. It answers to a path of its own root, so this process goes there."""
    os.chroot(root)
    os.chdir("/")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as console:
        console.settimeout(10)
        mine = f"/tmp/mconsole-{os.getpid()}"
        console.bind(mine)
        try:
            for word in (command.encode() for command in commands):
                console.sendto(struct.pack("=III512s", 0xCAFEBABE, 2, len(word), word), f"/root/.uml/{umid}/mconsole")
                console.recv(8192)
        finally:
            os.unlink(mine)
