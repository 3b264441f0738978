# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Molecule scenario `reference` deploys what inventories/staging has."""

from __future__ import annotations

import yaml

from lab.stack import ROOT
from lab.variants import reference


def test_the_reference_is_staging_at_the_addresses_of_the_lab() -> None:
    assert yaml.safe_load((ROOT / "molecule/reference/vars/lvs.yml").read_text()) == reference()
