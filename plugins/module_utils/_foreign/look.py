# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other people have set up on a host: what a run replaces, what is no longer read, what would fight at boot.

It is only read here. What would fight comes with the changes that disable it, which `takeover` makes.
"""

from __future__ import annotations

import glob
import json
import os
import re
from dataclasses import dataclass, field
from typing import Any, Collection, Iterable, Iterator, Mapping

from .._errors import LvsError
from .._host import places
from .._host.files import HostFiles
from .._host.foreign import ForeignRecord
from .._host.silent_vips import unit_path
from .._host.sysctl import SYSCTL_DIRECTORIES
from . import shell

UNITS = "/etc/systemd/system"
NOTHING = "/dev/null"
REPLACED, UNREAD, DISABLED, TOLD = "replaced", "unread", "disabled", "told"
# Where a script may lie that somebody wrote for the boot.
_PROGRAMS = (
    "/usr/local/bin/*",
    "/usr/local/sbin/*",
    "/opt/*",
    "/opt/*/*",
    "/etc/keepalived/*",
    "/root/*",
    "/etc/init.d/*",
)
_RC_LOCAL = ("/etc/rc.local", "/etc/rc.d/rc.local")
# Files in which a VIP is only told of: each has tools of its own that write it.
_TOLD = (
    "/etc/netplan/*.yaml", "/etc/systemd/network/*.network", "/etc/NetworkManager/system-connections/*",
    "/etc/crontab", "/etc/cron.d/*", "/var/spool/cron/crontabs/*", "/var/spool/cron/root",
)  # fmt: skip
_OF_OUR_SYSCTLS = "90-vipstack-lvs-"
# The table that the distribution's ipvsadm restores.
_RULES = ["/etc/ipvsadm.rules", "/etc/sysconfig/ipvsadm"]
# What our nginx.conf includes, too.
_STILL_READ = ("/etc/nginx/conf.d", "/etc/nginx/modules-enabled", "/usr/share/nginx/modules")
_LARGEST = 256 * 1024


# The options of a question, as AnsibleModule takes them.
QUESTION: dict[str, Any] = {
    "vips": {"type": "list", "elements": "str", "default": []},
    "sysctls": {"type": "dict", "default": {}},
    "director": {"type": "bool", "default": False},
    "nginx": {"type": "bool", "default": False},
    "static": {"type": "bool", "default": False},
}


@dataclass(frozen=True)
class Question:
    """What of the model matters here. ``sysctls``: what a run sets, with its values."""

    vips: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    director: bool = False
    nginx: bool = False
    static: bool = False
    """Whether a run writes the table that is restored at boot."""


@dataclass(frozen=True)
class BootChange:
    """One path that changes so that a thing no longer starts at boot: a new text, a link to `NOTHING`, or no file."""

    path: str
    text: str | None = None
    masked: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing of somebody else. ``unit``: the unit that no longer starts; ``table``: it writes the IPVS table."""

    kind: str
    path: str
    words: str
    changes: tuple[BootChange, ...] = ()
    unit: str = ""
    table: bool = False

    def facts(self) -> dict[str, str]:
        return {"kind": self.kind, "path": self.path, "words": self.words}


def from_options(options: Mapping[str, Any]) -> Question:
    return Question(
        tuple(options.get("vips") or ()),
        {name: str(value) for name, value in (options.get("sysctls") or {}).items()},
        bool(options.get("director")),
        bool(options.get("nginx")),
        bool(options.get("static")),
    )


class Look:
    """Looks at one host. ``files.root`` puts everything below another directory, for tests."""

    def __init__(self, question: Question, files: HostFiles | None = None, state_dir: str = places.STATE) -> None:
        self.asked = question
        self.files = files or HostFiles()
        self.ours = _made_by_sets(self.files, state_dir)

    def findings(self) -> list[Finding]:
        """Everything of other people that matters, in a fixed order."""
        found = [*self._replaced(), *self._unread()]
        programs = sorted(self._programs())
        for part in (self._init_scripts, self._units, self._rc_local):
            found += part(programs)
        return [*found, *self._interfaces(), *self._network_scripts(), *self._sysctls(), *self._told()]

    # --- reading

    def _paths(self, *patterns: str) -> list[str]:
        """Regular files of these patterns, as paths of the host."""
        found = [path for pattern in patterns for path in glob.glob(self.files.real(pattern))]
        cut = len(self.files.root.rstrip("/"))
        return sorted(path[cut:] for path in found if os.path.isfile(path))

    def _text(self, path: str) -> str:
        """The text of a small file; empty for one that is none or cannot be read."""
        try:
            if os.stat(self.files.real(path)).st_size > _LARGEST:
                return ""
            text = self.files.read(path) or ""
        except (OSError, LvsError):
            return ""
        return "" if "\0" in text else text

    def _is_ours(self, path: str) -> bool:
        return path in self.ours or os.path.basename(path).startswith("vipstack-lvs")

    # --- files of the daemons

    def _replaced(self) -> Iterator[Finding]:
        wanted = ["/etc/keepalived/keepalived.conf"] if self.asked.director else []
        wanted += ["/etc/nginx/nginx.conf"] if self.asked.nginx else []
        wanted += _RULES if self.asked.static else []
        for path in wanted:
            if os.path.lexists(self.files.real(path)) and not self._is_ours(path):
                yield Finding(REPLACED, path, "it is replaced; its first version is kept")

    def _unread(self) -> Iterator[Finding]:
        """What only the replaced configuration reads: what it includes, and other files beside keepalived.conf."""
        main = {one.path for one in self._replaced()}
        paths: list[str] = []
        if "/etc/keepalived/keepalived.conf" in main:
            paths += self._paths("/etc/keepalived/*", "/etc/keepalived/*/*")
        if "/etc/nginx/nginx.conf" in main:
            for pattern in _included(self._text("/etc/nginx/nginx.conf")):
                pattern = os.path.join("/etc/nginx", pattern)
                if os.path.dirname(pattern) not in _STILL_READ and pattern != "/etc/nginx/mime.types":
                    paths += self._paths(pattern)
        for path in paths:
            if path not in main and not self._is_ours(path) and not path.endswith((".sample", ".dpkg-dist")):
                yield Finding(UNREAD, path, "it stays, and is no longer read")

    # --- the boot

    def _programs(self) -> Iterator[str]:
        """Scripts that add a VIP or, on a director, write the table."""
        for path in self._paths(*_PROGRAMS):
            text = "" if self._is_ours(path) or path == "/etc/init.d/ipvsadm" else self._text(path)
            if text.startswith("#!") and self._fights(text):
                yield path

    def _fights(self, text: str) -> bool:
        return shell.sets_vip(text, self.asked.vips) or (self.asked.director and shell.sets_table(text))

    def _init_scripts(self, programs: Collection[str]) -> Iterator[Finding]:
        """Init scripts that systemd starts because of their links in rc*.d."""
        scripts = [path for path in programs if path.startswith("/etc/init.d/")]
        if self.asked.director and _restores(self._text("/etc/default/ipvsadm")):
            scripts.append("/etc/init.d/ipvsadm")
        for path in scripts:
            unit = os.path.basename(path) + ".service"
            native = [folder + unit for folder in (UNITS + "/", "/lib/systemd/system/", "/usr/lib/systemd/system/")]
            started = glob.glob(self.files.real("/etc/rc[2-5].d/S[0-9]*" + os.path.basename(path)))
            if started and not any(os.path.lexists(self.files.real(one)) for one in native):
                change = BootChange("%s/%s" % (UNITS, unit), masked=True)
                words, table = self._words(self._text(path), path.endswith("/ipvsadm"))
                yield Finding(DISABLED, path, words + "; its unit is masked", (change,), unit, table)

    def _units(self, programs: Collection[str]) -> Iterator[Finding]:
        """Units that are enabled: their links go."""
        wanted = [path for path in self._paths(UNITS + "/*.service") if not self._is_ours(path)]
        texts = {path: self._text(path) for path in wanted if not os.path.islink(self.files.real(path))}
        if self.asked.director:
            texts["/usr/lib/systemd/system/ipvsadm.service"] = "ipvsadm-restore"
        for path, text in texts.items():
            if not shell.fighting_lines(text, self.asked.vips, programs, self.asked.director):
                continue
            unit = os.path.basename(path)
            links = self._links(unit)
            if links:
                words, table = self._words(text + self._called(text, programs), "ipvsadm" in text)
                changes = tuple(BootChange(link) for link in links)
                yield Finding(DISABLED, path, words + "; it is disabled", changes, unit, table)

    def _links(self, unit: str) -> list[str]:
        cut = len(self.files.root.rstrip("/"))
        patterns = [self.files.real("%s/*.%s/%s" % (UNITS, kind, unit)) for kind in ("wants", "requires")]
        return sorted(path[cut:] for pattern in patterns for path in glob.glob(pattern) if os.path.islink(path))

    def _called(self, text: str, programs: Iterable[str]) -> str:
        return "".join(self._text(path) for path in programs if path in text)

    def _rc_local(self, programs: Collection[str]) -> Iterator[Finding]:
        for path in _RC_LOCAL:
            real = self.files.real(path)
            if os.path.islink(real) or not os.access(real, os.X_OK) or not os.path.isfile(real):
                continue
            text = self._text(path)
            lines = shell.fighting_lines(text, self.asked.vips, programs, self.asked.director)
            if lines:
                words, _table = self._words(text + self._called(text, programs), False)
                words += "; its line %s becomes a comment" % ", ".join(str(one[0] + 1) for one in lines)
                yield Finding(DISABLED, path, words, (BootChange(path, shell.silenced(text, lines)),))

    def _words(self, text: str, table: bool) -> tuple[str, bool]:
        table = table or (self.asked.director and shell.sets_table(text))
        vip = shell.mentions(text, self.asked.vips)
        what = " and ".join(["a VIP"] * vip + ["the IPVS table"] * table)
        return "at boot it sets " + (what or "a VIP"), table

    def _interfaces(self) -> Iterator[Finding]:
        for path in self._paths("/etc/network/interfaces", "/etc/network/interfaces.d/*"):
            text = self._text(path)
            after = shell.without_interfaces(text, self.asked.vips)
            if after != text:
                words = "ifupdown sets a VIP at boot; these lines become comments"
                yield Finding(DISABLED, path, words, (BootChange(path, after),))

    def _network_scripts(self) -> Iterator[Finding]:
        for path in self._paths("/etc/sysconfig/network-scripts/ifcfg-*"):
            addresses = re.findall(r"^IPADDR\d*=[\"']?([^\"'\s]+)", self._text(path), re.MULTILINE)
            if addresses and all(one in self.asked.vips for one in addresses):
                yield Finding(DISABLED, path, "it sets a VIP at boot; it is moved away", (BootChange(path),))
            elif shell.mentions("\n".join(addresses), self.asked.vips):
                yield Finding(TOLD, path, "it sets a VIP at boot, among other addresses; take it out by hand")

    def _sysctls(self) -> Iterator[Finding]:
        """Files that are read after ours and set one of our sysctls otherwise."""
        done = set()
        chosen: dict[str, str] = {}
        for path in self._paths(*(directory + "/*.conf" for directory in SYSCTL_DIRECTORIES)):
            chosen.setdefault(os.path.basename(path), path)
        for name, path in sorted(chosen.items()):
            target = os.path.realpath(self.files.real(path))[len(self.files.root.rstrip("/")) :]
            if name < _OF_OUR_SYSCTLS or name.startswith(_OF_OUR_SYSCTLS) or target in done:
                continue
            done.add(target)
            after, names = shell.without_sysctls(self._text(target), self.asked.sysctls)
            words = "at boot it sets %s otherwise" % ", ".join(names)
            if names and target.startswith("/etc/"):
                words += "; these lines become comments"
                yield Finding(DISABLED, target, words, (BootChange(target, after),))
            elif names:
                yield Finding(TOLD, target, words + "; hide it by a file of its name in /etc/sysctl.d")

    def _told(self) -> Iterator[Finding]:
        for path in self._paths(*_TOLD):
            if shell.mentions(self._text(path), self.asked.vips):
                yield Finding(TOLD, path, "it names a VIP; take the address out by hand")
        if not self.asked.director:
            return
        for path in self._paths("/etc/default/keepalived", "/etc/sysconfig/keepalived"):
            if re.search(r"^[A-Z_]+=.*\s?(?:-f|--use-file)\b", self._text(path), re.MULTILINE):
                yield Finding(TOLD, path, "with it Keepalived reads another configuration file; take -f out by hand")
        for path in self._paths(UNITS + "/keepalived.service.d/*.conf"):
            if not self._is_ours(path) and re.search(r"^Exec\w+=", self._text(path), re.MULTILINE):
                yield Finding(TOLD, path, "it changes what Keepalived's unit runs; look whether it still fits")


def facts_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """``{noted, findings}`` of this host, for who decides elsewhere."""
    found = [one.facts() for one in Look(from_options(options)).findings()]
    try:
        noted = bool(ForeignRecord().read()["first"])
    except LvsError:
        noted = False  # who may not read the record may not write it either: the task that writes it tells
    return {"noted": noted, "findings": found}


def vips_are_ours(files: HostFiles) -> bool:
    """Whether the VIPs on lo are those of a run, by its unit."""
    return files.read(unit_path(os.path.splitext(places.STACK.vips_unit)[0])) is not None


def _made_by_sets(files: HostFiles, state_dir: str) -> frozenset[str]:
    """Every path that the manifests of config_tree name."""
    found: set[str] = set()
    for path in glob.glob(files.real(state_dir + "/*.json")):
        try:
            with open(path, encoding="utf-8") as stream:
                manifest = json.load(stream)
            found.update("%s/%s" % (manifest["path"], name) for name in manifest["files"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # config_tree itself says what is wrong with it
    return frozenset(found)


def _included(text: str) -> list[str]:
    return re.findall(r"^\s*include\s+[\"']?([^\s;\"']+)", text, re.MULTILINE)


def _restores(defaults: str) -> bool:
    return bool(re.search(r"^AUTO=[\"']?true\b", defaults, re.MULTILINE))
