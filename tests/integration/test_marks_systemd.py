# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall marks of a director on a host with a systemd, over all that its nftables.service does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from inventory import model_of, with_changes
from rendering import everything
from systemd_box import booted, lacking

_MISSING = lacking() or ("" if shutil.which("nft") else "nft")
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=_MISSING)

TOGETHER = model_of(
    with_changes({
        "lvs_virtual_services.web.ports": [80, 8080], "lvs_virtual_services.web.together": True,
        "lvs_nginx_sites.www.ports": [80, 8080],
    })
)  # fmt: skip
UNIT = "vipstack-lvs-marks.service"


def test_marks_stay_whatever_nftables_does(tmp_path: Path) -> None:
    with booted(tmp_path) as box:
        for path, text in everything(TOGETHER, "d1", {}).items():
            if "marks" in path:
                box.write(path, text)
        box.write("/etc/nftables.conf", "flush ruleset\ntable inet theirs {\n}\n")
        box.run("systemctl", "daemon-reload")
        box.run("systemctl", "reload-or-restart", UNIT)
        # It is not running first, and an operator starts it for the first time.
        for what in ("start", "restart", "reload", "stop", "start"):
            box.run("systemctl", what, "nftables.service")
            found = box.run("nft", "list", "ruleset")
            assert ("meta mark set" in found, "table inet theirs" in found) == (True, what != "stop"), what
        box.run("systemctl", "stop", UNIT)
        assert "vipstack" not in box.run("nft", "list", "ruleset")
