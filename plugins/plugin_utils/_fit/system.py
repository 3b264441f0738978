# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host as a whole is one that a run can set up: rights, distribution, systemd, room, ports, mail."""

from __future__ import annotations

from typing import Iterator

from .._model.shape import HostSlice
from .shape import HostFacts, Problem

FAMILIES = {"Debian": {"debian": 11, "ubuntu": 22}, "RedHat": {"": 8}}
SUPPORTED = "Debian 11, Ubuntu 22.04, Enterprise Linux 8, or newer"
ENTERPRISE_7 = "it has Keepalived 1.3, kernel 3.10 without the scheduler mh, no Python 3.8, and no updates since 2024"
MEMORY_MB, DISK_MB = 200, 100
SENDMAIL = "/usr/sbin/sendmail"
BECOME = "root: become: true, and for this user sudo without a password or with -K"


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    return [
        *_rights(facts),
        *distribution(facts),
        *_systemd(facts),
        *_room(facts),
        *_ports(mine, facts),
        *_mail(mine, facts),
    ]


def _rights(facts: HostFacts) -> Iterator[Problem]:
    if facts.get("root") is False:
        yield Problem("the user", facts.get("user", "another one"), BECOME)


def distribution(facts: HostFacts) -> Iterator[Problem]:
    """Also for a host where no module can run."""
    if "family" not in facts:
        return
    name = facts.get("distribution") or "unknown"
    family, release = facts["family"], facts.get("release")
    if family not in FAMILIES:
        yield Problem("the distribution", name, SUPPORTED)
        return
    oldest = FAMILIES[family].get(facts.get("distribution_id") or "", FAMILIES[family].get("", 0))
    if release is None or release >= oldest or facts.get("distribution_id") == "fedora":
        return
    reason = ": " + ENTERPRISE_7 if family == "RedHat" and release == 7 else ""
    yield Problem("the distribution", name + reason, SUPPORTED)


def _systemd(facts: HostFacts) -> Iterator[Problem]:
    if facts.get("systemd") is False:
        yield Problem("systemd", "not running", "what runs the host: the daemons are its units")


def _room(facts: HostFacts) -> Iterator[Problem]:
    memory = facts.get("memory_mb")
    if memory is not None and memory < MEMORY_MB:
        yield Problem("memory", "%d MB" % memory, "at least %d MB" % MEMORY_MB)
    for path, free in sorted(facts.get("disks_mb", {}).items()):
        if free < DISK_MB:
            yield Problem("free space below %s" % path, "%d MB" % free, "at least %d MB" % DISK_MB)


def ports(mine: HostSlice) -> list[int]:
    """The TCP ports that our Nginx opens on a host."""
    nginx = mine["nginx"]
    if not nginx:
        return []
    found = {port for site in nginx["sites"] for port in site["ports"]} | {nginx["status_port"]} - {0}
    found.update(port for stream in nginx["streams"] if stream["protocol"] == "tcp" for port in stream["ports"])
    return sorted(found.union(*(site["tls"]["ports"] for site in nginx["sites"] if site["tls"])))


def _ports(mine: HostSlice, facts: HostFacts) -> Iterator[Problem]:
    held = facts.get("ports", {})
    for port in ports(mine):
        program = held.get(str(port), "nginx")
        if program != "nginx":
            yield Problem("port %d" % port, "held by %s" % program, "free for Nginx")


def _mail(mine: HostSlice, facts: HostFacts) -> Iterator[Problem]:
    director = mine["director"]
    if director and director["notify"]["mail"] and SENDMAIL not in facts.get("paths", {SENDMAIL: {}}):
        words = "set, but there is no %s" % SENDMAIL
        yield Problem(
            "lvs_notify.mail", words, "left out, or a program that sends mail installed (nullmailer, postfix)"
        )
