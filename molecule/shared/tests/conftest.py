# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the lab, as testinfra sees them: by `docker exec`, not through the inventory under test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import testinfra
from testinfra.host import Host

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests" / "lab"))

from lab.lab import Lab

# testinfra asks Docker's own command, which goes by this.
os.environ["DOCKER_HOST"] = Lab().engine().docker_host

DIRECTORS = ("d1", "d2")
REAL_SERVERS = ("web1", "web2")


def lab_host(name: str) -> Host:
    """A host of the lab by its name; an empty or missing lab is an error here, not a pass."""
    host = testinfra.get_host(f"docker://{name}")
    assert host.run("true").rc == 0, f"{name} does not run"
    return host


@pytest.fixture(params=DIRECTORS)
def director(request: pytest.FixtureRequest) -> Host:
    return lab_host(request.param)


@pytest.fixture(params=REAL_SERVERS)
def real_server(request: pytest.FixtureRequest) -> Host:
    return lab_host(request.param)


@pytest.fixture
def directors() -> dict[str, Host]:
    return {name: lab_host(name) for name in DIRECTORS}


@pytest.fixture
def client() -> Host:
    return lab_host("client")
