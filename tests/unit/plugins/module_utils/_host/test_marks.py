# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marks of a director, as nft tells them."""

from __future__ import annotations

from ansible_collections.vipstack.lvs.plugins.module_utils._host.marks import of_nftables

TEXT = """table inet vipstack_lvs_marks {
    chain prerouting {
        type filter hook prerouting priority mangle; policy accept;
        ip daddr 198.51.100.200 tcp dport { 80, 8080 } meta mark set 0x6c6e3a48
        ip6 daddr 2001:db8::200 tcp dport 443 meta mark set 0x00000007
    }
}
"""


def test_each_rule_tells_its_mark() -> None:
    assert of_nftables(TEXT) == [7, 0x6C6E3A48]
    assert of_nftables("") == []
