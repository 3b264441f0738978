# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table in the words of the module is one that the module takes."""

from __future__ import annotations

from hypothesis import given
from ipvs_strategies import tables

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.listing import to_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.options import from_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import (
    Desired,
    Service,
    ServiceKey,
    Table,
    canonical,
)


@given(tables())
def test_what_is_read_can_be_asked_for(table: Table) -> None:
    desired = from_options(to_options(table))
    in_canonical_order: dict[ServiceKey, Service | None] = {
        key: service._replace(destinations=canonical(service.destinations)) for key, service in table.services.items()
    }
    assert desired == Desired(in_canonical_order, table.timeouts, dict(table.daemons))
    for key, service in in_canonical_order.items():
        found = (desired.services or {})[key]
        assert service
        assert found
        assert list(found.destinations) == list(service.destinations)
