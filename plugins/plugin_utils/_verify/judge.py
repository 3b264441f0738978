# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model and what was seen of the hosts, compared: every deviation as a Finding. Pure.

An observation is what the action ``observe`` returns for a host, see `_live.shape`.

A host without an observation was not part of the run (``--limit``): it is unseen, and nothing is reported of it, nor of
what only it could tell.
"""

from __future__ import annotations

from typing import Mapping, Sequence

from .._live.observed import Cluster, ObservedHost, observed_hosts
from .._live.shape import Observations
from .._live.uncollected import uncollected
from .._model.shape import Model
from . import host_findings, table_findings, vrrp_findings
from .catalogue import Finding, in_order
from .kinds import DEGRADED, ERROR, SEVERITIES, WARNING


@uncollected
def findings(model: Model, observations: Observations) -> list[Finding]:
    """Every deviation of the hosts that were seen, in order; none where all is as the model says."""
    return findings_of(model, observed_hosts(model, observations))


def findings_of(model: Model, seen: Mapping[str, ObservedHost]) -> list[Finding]:
    """The same for hosts that are known already."""
    found = [finding for host in seen.values() for finding in host_findings.of_host(host)]
    found += host_findings.clocks_apart(list(seen.values()))
    for name in model["clusters"]:
        cluster = Cluster(name, model, seen)
        found += vrrp_findings.of_cluster(cluster)
        found += table_findings.of_cluster(cluster)
    return in_order(found)


def unseen(model: Model, observations: Observations) -> list[str]:
    """The hosts of the model that were no part of the run."""
    return [host for host in model["hosts"] if host not in observations]


def counts(found: Sequence[Finding]) -> dict[str, int]:
    """How many findings there are of each severity."""
    return {severity: sum(one.severity == severity for one in found) for severity in SEVERITIES}


def failing(found: Sequence[Finding], strict: bool = False) -> list[str]:
    """The codes that make the run fail, each once: errors, and with ``strict`` warnings and what is degraded."""
    severities = {ERROR, WARNING, DEGRADED} if strict else {ERROR}
    return list(dict.fromkeys(one.code for one in found if one.severity in severities))
