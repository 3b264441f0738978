# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the module ipvs, from its options to the steps it took: read, plan, apply."""

from __future__ import annotations

import gc
from typing import Any

from .._errors import LvsError
from .lock import exclusive
from .options import from_options
from .plan import Step, plan
from .schedulers import loadable, schedulers
from .socket import IpvsNotLoaded, IpvsSocket
from .table import Desired, Table, Timeouts
from .text import unknown_scheduler


def read(desired: Desired, purge: bool, check_mode: bool) -> Table:
    """As much of the kernel's table as the plan needs; an empty one in check mode where ip_vs can still be loaded."""
    named = set() if desired.services is None else set(desired.services)
    try:
        with IpvsSocket() as kernel:
            return kernel.dump(only=None if purge else named)
    except IpvsNotLoaded:
        if check_mode and loadable():
            return Table({}, Timeouts(), {})
        raise


def check_schedulers(desired: Desired, current: Table) -> None:
    """Raise LvsError for a scheduler that the kernel cannot have, before anything is touched."""
    services = [service for service in (desired.services or {}).values() if service]
    names = {service.config.scheduler for service in services} - {"none"}
    names -= {service.config.scheduler for service in current.services.values()}
    if not names:
        return
    known = schedulers()
    unknown = sorted(names.difference(known.names))
    if unknown and known.complete:
        raise LvsError("; ".join(unknown_scheduler(name, known.names) for name in unknown))


def run(params: dict[str, Any], check_mode: bool) -> list[Step]:
    """Make the table match; the steps that it took, or would take in check mode. Raises LvsError."""
    with _WithoutCollector():
        desired = from_options(params)
        if check_mode:
            return _steps(params, desired, read(desired, params["purge"], True))
        with exclusive():
            current = read(desired, params["purge"], False)
            steps = _steps(params, desired, current)
            if steps:
                with IpvsSocket() as kernel:
                    kernel.apply(steps, current)
            return steps


def _steps(params: dict[str, Any], desired: Desired, current: Table) -> list[Step]:
    check_schedulers(desired, current)
    return plan(current, desired, params["purge"], params["weights"] == "keep")


class _WithoutCollector:
    """A table is tens of thousands of values that all stay, and no cycles: looking for garbage finds none."""

    def __enter__(self) -> None:
        self._enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_exception: object) -> None:
        if self._enabled:
            gc.enable()
