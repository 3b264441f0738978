"""Make targets with another ansible-core, in a Debian 13: the newest needs a newer Python than Debian 12 has.

The last commit is what runs there: a clone in build/core-VERSION/src, whose tools stay for the next time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lab.daemons import core_tree
from lab.processes import run
from lab.state import LabError, Settings
from lab.tools import install, require_root

# Those of the hosted workflow that need a newer Python than that of Debian 12.
VERSIONS = ("2.20", "2.21")
ROOT = Path(__file__).resolve().parents[3]
# What of this machine says how packages are reached.
_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs", "/etc/pip.conf", "/etc/xdg/pip")
# $1: the tree; $2: the folder with the clone; $3: where labs are; then the files of the network, and the command.
_VIEW = r"""
set -e
tree=$1 work=$2 labs=$3
shift 3
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
cd /mnt/root
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
    """The exit status of a command in a clone of the last commit, where `make` takes that ansible-core."""
    settings = Settings.of(os.environ)
    tree = core_tree(settings)
    _clone(work(version) / "src")
    network = [path for path in _NETWORK if Path(path).exists()]
    script = 'cd /src && make --no-print-directory venv && exec "$@"'
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _VIEW, "sh", str(tree), str(work(version)),
             str(settings.dir.parent), *network, "--", "sh", "-c", script, "sh", *command]  # fmt: skip
    return subprocess.run(words, env={**os.environ, "ANSIBLE_CORE": version}, check=False).returncode


def _clone(source: Path) -> None:
    """What is committed here, with the tools that are there from before."""
    if not source.exists():
        run(["git", "clone", "--quiet", str(ROOT), str(source)])
    run(["git", "-C", str(source), "fetch", "--quiet", "origin", "HEAD"])
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


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
