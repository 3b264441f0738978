"""The hosts' image: Debian with systemd, and a file:// apt repository of what the roles install."""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from lab.debian import FILES, key, locked, remove, tree
from lab.processes import run
from lab.state import Settings

SUITE = "bookworm"
BASE = ("systemd", "systemd-sysv", "dbus", "python3", "python3-apt", "kmod", "iproute2", "procps", "curl", "arping")
OFFERED = (
    "keepalived", "nginx", "libnginx-mod-stream", "ipvsadm", "sudo", "logrotate", "nftables", "tcpdump",
    "python3-pyroute2",
)  # fmt: skip
# Seven hosts boot on one CPU: devices, consoles, disks and sessions are not theirs to look after. Binary formats are
# the one kernel's: of two hosts that register the same one at once, one fails.
MASKED = (
    "systemd-udevd.service", "systemd-udev-trigger.service", "systemd-timesyncd.service", "systemd-logind.service",
    "systemd-remount-fs.service", "systemd-sysusers.service", "systemd-update-utmp.service",
    "systemd-firstboot.service", "systemd-update-utmp-runlevel.service", "systemd-journal-flush.service",
    "systemd-tmpfiles-setup-dev.service", "kmod-static-nodes.service", "modprobe@.service", "e2scrub_reap.service",
    "getty.target", "systemd-ask-password-wall.path", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "sys-kernel-config.mount", "sys-fs-fuse-connections.mount", "dev-hugepages.mount", "systemd-binfmt.service",
    "proc-sys-fs-binfmt_misc.automount", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer",
    "e2scrub_all.timer", "fstrim.timer",
)  # fmt: skip
REPOSITORY = "var/local-repo"
_CONTENT = tuple((FILES / name).read_bytes() for name in ("lab-app", "lab-app.service"))
# Of this file its meaning counts, not its layout and comments.
KEY = key(ast.dump(ast.parse(Path(__file__).read_text())), *_CONTENT)
TAG = f"vipstack-lab-node:{KEY}"


def tarball(settings: Settings) -> Path:
    """The image as a root tarball, made once for every lab of this machine."""
    done = settings.cache / f"node-{KEY}.tar"
    with locked(settings.cache, "node"):
        if not done.exists():
            root = settings.cache / "node.new"
            tree(root, SUITE, BASE)
            _offer(root)
            _furnish(root)
            new = done.with_suffix(".new")
            run(
                ["tar", "-C", str(root), "--numeric-owner", "--one-file-system", "-cf", str(new), "."],
                what="image tarball",
            )
            remove(root)
            for old in settings.cache.glob("node-*.tar"):
                old.unlink()
            new.rename(done)
    return done


def _offer(root: Path) -> None:
    """Download the offered packages with all they need, index them, and make them apt's only source."""
    inside = ["unshare", "--mount", "--propagation", "private", "chroot", str(root)]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    run([*inside, "apt-get", "-qq", "update"], env=environ, what="apt-get update for the image")
    run(
        [*inside, "apt-get", "-qq", "-y", "--download-only", "--no-install-recommends", "install", *OFFERED],
        env=environ,
        what=f"download of {' '.join(OFFERED)}",
    )
    repository = root / REPOSITORY
    repository.mkdir(parents=True)
    for package in (root / "var/cache/apt/archives").glob("*.deb"):
        shutil.move(package, repository)
    (repository / "Packages").write_text("\n".join(_index(sorted(repository.glob("*.deb")))))
    for old in [root / "etc/apt/sources.list", *(root / "etc/apt/sources.list.d").glob("*")]:
        old.unlink(missing_ok=True)
    shutil.rmtree(root / "var/lib/apt/lists")
    (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:/{REPOSITORY} ./\n")
    (root / "etc/apt/apt.conf.d/99lab").write_text('APT::Install-Recommends "false";\nAcquire::Languages "none";\n')
    run([*inside, "apt-get", "-qq", "update"], env=environ, what="apt-get update from the local repository")


def _index(packages: Iterable[Path]) -> Iterable[str]:
    """One stanza of apt's Packages file for each package."""
    for package in packages:
        control = run(["dpkg-deb", "--field", str(package)]).stdout.decode().rstrip("\n")
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        yield f"{control}\nFilename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n"


def _furnish(root: Path) -> None:
    """The application (it starts on app1 and app2 only), and a boot without what only a machine needs."""
    shutil.copy(FILES / "lab-app", root / "usr/local/bin/lab-app")
    shutil.copy(FILES / "lab-app.service", root / "etc/systemd/system/lab-app.service")
    for words in (["enable", "lab-app.service"], ["mask", *MASKED], ["set-default", "multi-user.target"]):
        run(["chroot", str(root), "systemctl", "-q", *words], what=f"systemctl {words[0]}")
    (root / "etc/machine-id").write_text("")
    for waste in ("var/cache/apt/pkgcache.bin", "var/cache/apt/srcpkgcache.bin"):
        (root / waste).unlink(missing_ok=True)
