# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's part of the model and its facts: the values that only the host can tell, and what cannot be there.

`build` knows the inventory alone. What it leaves open is `OPEN` in the model: the interface that has an address.
"""

from __future__ import annotations

from typing import Callable

from .._model.derive_vrrp import label_of
from .._model.shape import Director, HostSlice, Instance, VipAddress
from .._model.view import LABEL_LENGTH, OPEN, full_label
from . import firewall, interfaces, keepalived, kernel, nginx, programs, selinux, system
from .shape import Fitted, HostFacts, Problem

_LOOKS: tuple[Callable[[HostSlice, HostFacts], list[Problem]], ...] = (
    system.problems,
    interfaces.problems,
    kernel.problems,
    keepalived.problems,
    programs.problems,
    firewall.problems,
    nginx.problems,
    selinux.problems,
)


def fit(mine: HostSlice, facts: HostFacts | None) -> Fitted:
    """The slice with everything settled, and all that is wrong. Without facts nothing is wrong and much is open."""
    if not facts:
        words = "the interface that has %s; lvs_interface is not set" % mine["address"]
        return Fitted(mine, [], [words] if mine["interface"] == OPEN else [])
    settled = settle(mine, facts)
    found = [problem for look in _LOOKS for problem in look(settled, facts)]
    return Fitted(settled, [*found, *_labels(mine, settled)], [])


def _labels(mine: HostSlice, settled: HostSlice) -> list[Problem]:
    """Labels that somebody wrote and that are too long behind the interface; a counted one is left out there."""
    before, after = (one["director"]["instances"] if one["director"] else [] for one in (mine, settled))
    found = []
    for old, new in zip(before, after):
        for label, there in zip(old["addresses"], new["addresses"]):
            part = (label["label"] or "").partition(":")[2]
            if part and not part.isdigit() and there["label"] is None:
                full = full_label(there["interface"], part)
                wanted = "at most %d characters" % LABEL_LENGTH
                found.append(Problem("lvs_vips.%s.labels" % new["vip"], "%s with its interface" % full, wanted))
    return found


def settle(mine: HostSlice, facts: HostFacts) -> HostSlice:
    """The slice with what the facts settle; what they do not stays open."""
    return _with_interface(mine, interfaces.interface_of(mine, facts))


def _with_interface(mine: HostSlice, interface: str) -> HostSlice:
    """The slice with this interface wherever it was open."""
    if mine["interface"] != OPEN:
        return mine
    director = mine["director"]
    return {**mine, "interface": interface, "director": director and _director(director, interface)}


def _director(director: Director, interface: str) -> Director:
    return {**director, "instances": [_instance(one, interface) for one in director["instances"]]}


def _instance(instance: Instance, interface: str) -> Instance:
    own = interface if instance["interface"] == OPEN else instance["interface"]
    tracked = [one for one in instance["track_interfaces"] if one != own]
    addresses = [_address(one, interface) for one in instance["addresses"]]
    return {**instance, "interface": own, "track_interfaces": tracked, "addresses": addresses}


def _address(address: VipAddress, interface: str) -> VipAddress:
    if address["interface"] != OPEN:
        return address
    label = address["label"] and label_of(interface, address["label"].partition(":")[2])
    return {**address, "interface": interface, "label": label}
