# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions verify, status and preview share: the observations of a play's hosts, a result as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping

from ...module_utils._errors import LvsError
from .._plain import plain
from .observed import FAILED, SEEN

_LOST = {"status": FAILED, "message": "an earlier task failed on it"}


def observations_of(variables: Mapping[str, Any], register: str) -> dict[str, Any]:
    """What the action observe registered for each host of the play; a host that never came so far has failed. What a
    task registered has no templates, so none are looked for."""
    hosts, read = map(str, variables["ansible_play_hosts_all"]), variables["hostvars"].raw_get
    return {host: plain(read(host).get(register, {}).get("observation", _LOST)) for host in hosts}


def require_one_seen(observations: Mapping[str, Any]) -> None:
    """Raises LvsError where no host at all could be looked at."""
    if not any(one["status"] == SEEN for one in observations.values()):
        raise LvsError("no host could be looked at")


def as_json(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, indent=2)


def write(path: str, answer: Mapping[str, Any]) -> None:
    """The answer as JSON; also in check mode, since it is what the run says and no change of anything managed."""
    place = Path(path).expanduser()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(as_json(answer) + "\n", encoding="utf-8")
    except OSError as error:
        raise LvsError("result: %s cannot be written: %s" % (path, error.strerror)) from error


def facts_of_hosts(path: str) -> dict[str, Any]:
    """Host -> its facts, in a file that preflight wrote. Raises LvsError."""
    try:
        found = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
        return {host: facts for host, facts in found["facts"].items() if isinstance(facts, dict)}
    except OSError as error:
        raise LvsError("file: %s cannot be read: %s" % (path, error.strerror)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LvsError("file: %s is no result of preflight" % path) from error
