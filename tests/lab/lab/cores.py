"""Make targets with another ansible-core, in a Debian 13: the newest needs a newer Python than Debian 12 has.

The last commit is what runs there: a clone in build/core-VERSION/src, whose tools stay for the next time.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.daemons import core_tree
from lab.debian import locked
from lab.processes import run
from lab.state import LabError, Settings
from lab.tools import install, require_root

# Those of the hosted workflow that need a newer Python than that of Debian 12.
VERSIONS = ("2.20", "2.21")
ROOT = Path(__file__).resolve().parents[3]
# What of this machine says how packages are reached.
_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs", "/etc/pip.conf", "/etc/xdg/pip")
# $1: the tree; $2: the folder with the clone; $3: where labs are; then the files of the network, and the command.
# The view lies beside the clone, where it hides neither of them, and is entered once more when it is there.
_VIEW = r"""
set -e
tree=$1 work=$2 labs=$3
shift 3
cd "$work/view"
mount -t tmpfs tmpfs .
cd "$work/view"
mkdir upper work root
mount -t overlay overlay -o "lowerdir=$tree,upperdir=upper,workdir=work" root
cd root
mkdir -p "src" ".$labs"
mount --bind "$work/src" src
mount --rbind "$labs" ".$labs"
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mkdir -p ".$1"; else mkdir -p ".${1%/*}"; : > ".$1"; fi
    mount --bind "$1" ".$1"
    shift
done
shift
for name in proc sys dev; do mount --rbind "/$name" "$name"; done
exec chroot . "$@"
"""


def work(version: str) -> Path:
    """The folder of a version; the clone is `src` in it."""
    return ROOT / "build" / f"core-{version}"


def enter(version: str, *command: str) -> int:
    """The exit status of a command in a clone of the last commit, where `make` takes that ansible-core.

    Raises LabError where another one is at it: it would get other files under its hands.
    """
    try:
        with locked(work(version), "run", wait=False):
            return _enter(version, command)
    except BlockingIOError as error:
        raise LabError(f"another run is in {work(version)}: wait for its end") from error


def _enter(version: str, command: Sequence[str]) -> int:
    settings = Settings.of(os.environ)
    tree = core_tree(settings)
    _clone(work(version) / "src")
    (work(version) / "view").mkdir(exist_ok=True)
    network = [path for path in _NETWORK if Path(path).exists()]
    script = 'cd /src && make --no-print-directory venv && exec "$@"'
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _VIEW, "sh", str(tree), str(work(version)),
             str(settings.dir.parent), *network, "--", "sh", "-c", script, "sh", *command]  # fmt: skip
    with subprocess.Popen(words, env={**os.environ, "ANSIBLE_CORE": version}) as child:
        while child.poll() is None:
            with contextlib.suppress(KeyboardInterrupt):  # the command has got it, too, and ends in its own time
                child.wait()
    return child.returncode


def _clone(source: Path) -> None:
    """What is committed here, with the tools that are there from before."""
    run(["git", "init", "--quiet", str(source)])
    run(["git", "-C", str(source), "fetch", "--quiet", "--update-shallow", str(ROOT), "HEAD"])
    run(["git", "-C", str(source), "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"])


def main(version: str, *command: str) -> int:
    """``version``: as 2.21."""
    try:
        require_root()
        install()
        return enter(version, *command)
    except LabError as error:
        print(f"ansible-core {version}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
