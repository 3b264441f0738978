"""The daemons of each supported Debian, unpacked beside this machine's own: they judge files, and none of them runs.

A tree is made once for all labs of the machine. A court works on a view of it, in namespaces of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lab.debian import key, locked, tree
from lab.processes import step
from lab.state import LabError, Settings
from lab.tools import install, install_daemons, require_root

# Suite -> versions of keepalived and Nginx.
SUITES = {"bullseye": ("2.1.5", "1.18"), "bookworm": ("2.2.7", "1.22"), "trixie": ("2.3.3", "1.26")}
PACKAGES = ("keepalived", "nginx", "libnginx-mod-stream", "sudo", "systemd", "iproute2")
# Modules of Nginx that not every suite has.
BROTLI = ("libnginx-mod-http-brotli-filter", "libnginx-mod-http-brotli-static")
MODULES: dict[str, tuple[str, ...]] = {"bullseye": (), "bookworm": BROTLI, "trixie": BROTLI}
# The oldest and the newest one; that of this machine is between them.
CERTBOT, CERTBOT_SUITES = ("certbot",), ("bullseye", "trixie")
FIREWALLS = ("nftables", "iptables", "firewalld", "dbus", "iproute2", "procps")
# What make targets need, on a Python that is newer than that of Debian 12.
CORE_SUITE = "trixie"
CORE = ("python3", "python3-venv", "git", "make", "docker-cli", "openssl", "iproute2", "procps", "sudo")
_APART = ("--mount", "--propagation", "private", "--cgroup", "--pid", "--kill-child", "--fork")
# A view of the tree in memory. Each line that comes in is a case; each line that goes out is the status of its script.
_COURT = r"""
set -e
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mkdir case
mount --bind "$3" case
mount -t proc proc proc
mount -t sysfs sysfs sys
# systemd wants to know its own; with a writable one it would move processes.
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -o remount,bind,ro sys/fs/cgroup
exec chroot . sh -ec '
useradd --system keepalived_script
mkdir -p /var/lib/vipstack-lvs/weights /usr/libexec/keepalived /run
: > /run/vipstack-lvs.handover
echo ready
while read -r _; do
    status=0
    unshare --net sh /case/script < /dev/null > /case/said 2>&1 || status=$?
    echo $status
done'
"""


def daemon_tree(settings: Settings, suite: str) -> Path:
    """A Debian with the daemons."""
    return _tree_of(settings, "programs", suite, (*PACKAGES, *MODULES[suite]))


def certbot_tree(settings: Settings, suite: str) -> Path:
    """A Debian with its client of ACME."""
    return _tree_of(settings, "certbot", suite, CERTBOT)


def firewall_tree(settings: Settings, suite: str) -> Path:
    """A Debian with all of its firewalls, of which none runs."""
    return _tree_of(settings, "firewalls", suite, FIREWALLS)


def core_tree(settings: Settings) -> Path:
    """A Debian whose Python the newest ansible-core runs on, with what make targets need."""
    return _tree_of(settings, "core", CORE_SUITE, CORE)


def _tree_of(settings: Settings, kind: str, suite: str, packages: Sequence[str]) -> Path:
    name = f"{kind}-{suite}"
    done = settings.cache / f"{name}-{key(suite, packages)}"
    with locked(settings.cache, name):
        if not done.exists():
            for old in settings.cache.glob(f"{name}-*/"):
                shutil.rmtree(old)
            new = settings.cache / f"{name}.new"
            with step(f"{kind} of {suite}"):
                tree(new, suite, packages)
            new.rename(done)
    return done


class Court:
    """The daemons of one Debian, asked what they say of files."""

    def __init__(self, process: subprocess.Popen[str], case: Path) -> None:
        self.process = process
        self.case = case

    def hand(self, files: Mapping[str, tuple[str, int]], script: str) -> None:
        """Hand in a case: files by their absolute paths with their modes, and the script that looks at them."""
        shutil.rmtree(self.case / "files", ignore_errors=True)
        for path, (text, mode) in files.items():
            place = self.case / "files" / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", errors="surrogateescape")
            place.chmod(mode)
        (self.case / "script").write_text(script, encoding="utf-8", errors="surrogateescape")
        assert self.process.stdin
        self.process.stdin.write("case\n")
        self.process.stdin.flush()

    def verdict(self) -> tuple[int, str]:
        """The status and all that was said."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise LabError(f"the court is gone: {self.process.stderr.read() if self.process.stderr else ''}")
        return int(line), (self.case / "said").read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def court(root: Path) -> Iterator[Court]:
    """A court over a tree, ended at the end with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="vipstack-court-") as folder:
        case, view = Path(folder, "case"), Path(folder, "view")
        case.mkdir()
        view.mkdir()
        with subprocess.Popen(
            ["unshare", *_APART, "sh", "-ec", _COURT, "sh", str(root), str(view), str(case)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            found = Court(process, case)
            try:
                assert process.stdout
                if process.stdout.readline() != "ready\n":
                    raise LabError(f"no court of {root.name}: {process.stderr.read() if process.stderr else ''}")
                yield found
            finally:
                process.kill()


def main() -> int:
    """Install this machine's own daemons, and make all trees, so that no test has to wait for them."""
    try:
        require_root()
        install()
        install_daemons()
        for suite in SUITES:
            daemon_tree(Settings.of(os.environ), suite)
            firewall_tree(Settings.of(os.environ), suite)
        for suite in CERTBOT_SUITES:
            certbot_tree(Settings.of(os.environ), suite)
    except LabError as error:
        print(f"daemons: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
