# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nginx's files know of the node."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._nginx.settings import Settings, from_variables

VARIABLES: dict[str, Any] = {
    "node_header": "", "proxy_connect_timeout": 2, "proxy_read_timeout": 60, "proxy_send_timeout": 60,
    "proxy_next_upstream_tries": 2, "proxy_next_upstream_timeout": 5, "trusted_certificates": "/etc/ssl/ca.crt",
}  # fmt: skip


def told(version: str) -> Settings:
    return from_variables("web1", {**VARIABLES, "version": version})


@pytest.mark.parametrize(("version", "since"), [("1.26.3", True), ("1.25.1", True), ("1.25.0", False), ("1.9", False)])
def test_a_version_is_compared_by_its_numbers(version: str, since: bool) -> None:
    assert (told(version).since(1, 25, 1), told(version).before(1, 25, 1)) == (since, not since)


def test_an_unknown_version_is_neither_new_nor_old() -> None:
    assert [(one.since(1), one.before(2)) for one in (told(""), from_variables("web1", VARIABLES))] == [
        (False,) * 2
    ] * 2
