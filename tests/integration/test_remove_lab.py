# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts leave the stack under traffic: no request fails, and nothing of ours is left on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.hosts import VIP
from lab.stack import DIRECTORS, Stack

# Whatever of ours a person might stumble over, a line each.
_OURS = rf"""
find /etc /usr/libexec /usr/local /var/lib /var/log /run \
    \( -path /var/lib/docker -o -path /var/lib/dpkg -o -path /var/lib/apt \) -prune -o \
    \( -name '*vipstack*' -o -name 'lvs-*' \) -print 2> /dev/null
getent passwd keepalived_script; getent group keepalived_script
systemctl list-units --all --no-legend --plain 'vipstack*' 'lvs*'
systemctl is-active keepalived nginx | grep -w active
ip -o address | grep -F {VIP}/
ipvsadm -Sn 2> /dev/null
sysctl -n net.ipv4.conf.all.arp_ignore | grep -v '^0$'
true
"""


@pytest.fixture(autouse=True)
def whole_again(stack: Stack) -> Iterator[None]:
    """Directors soon forget connections whose end a moved VIP has hidden from them: a drain would wait for these."""
    stack.settled()
    stack.forget(established=5, ended=5)
    stack.idle()  # those of before keep their time
    yield
    stack.forget()
    stack.play("site")
    stack.play("undrain", "-e", "host=web1")
    stack.settled()


def leave(stack: Stack, host: str) -> None:
    """A look changes nothing; then the host leaves; a second run finds nothing to do."""
    words = ("-e", f"host={host}", "-e", f"lvs_remove_confirm={host}", "-e", "limit=120")
    before = stack.states()
    look = stack.play("remove", *words, "--check")
    assert "- /var/log/vipstack-lvs" in look.output or host not in DIRECTORS
    assert "vipstack-lvs" in look.output, "it says what goes"
    assert stack.states() == before
    client = stack.lab.probe.until_told(every_ms=20)
    stack.play("remove", *words)
    assert client.end(20).failed == []
    again = stack.play("remove", *words)
    assert again.total("changed") == 0, again.output
    assert f"{host} has nothing of us" in again.output
    assert stack.run(host, _OURS).splitlines() == []


def test_a_real_server_leaves_under_traffic(stack: Stack) -> None:
    refused = stack.play("remove", "-e", "host=web1", check=False)
    assert refused.status != 0
    assert "lvs_remove_confirm is missing; must be the name of the host that is removed: web1" in refused.output
    leave(stack, "web1")
    last = stack.play("remove", "-e", "host=web2", "-e", "lvs_remove_confirm=web2", check=False)
    assert "web2 is the last real server of web that gets new connections" in " ".join(last.output.split())


def test_the_director_with_the_vip_leaves_under_traffic(stack: Stack) -> None:
    holder, other = stack.holder(), stack.backup()
    leave(stack, holder)
    assert stack.holders() == [other]
