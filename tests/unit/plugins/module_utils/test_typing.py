# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The named tuples of the modules are those of typing; and nobody imports typing for them."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._typing import NamedTuple


class Pair(NamedTuple):
    """Two of them."""

    left: int
    right: str = "right"

    @property
    def both(self) -> str:
        return "%d %s" % (self.left, self.right)


def test_a_named_tuple_has_its_fields_defaults_and_methods() -> None:
    pair = Pair(1)
    assert pair == (1, "right")
    assert (pair.left, pair.right, pair.both) == (1, "right", "1 right")
    assert Pair._fields == ("left", "right")
    assert Pair._field_defaults == {"right": "right"}
    assert Pair.__doc__ == "Two of them."
    assert repr(pair) == "Pair(left=1, right='right')"
    assert pair._replace(left=2)._asdict() == {"left": 2, "right": "right"}


def test_a_named_tuple_is_frozen_hashed_copied_and_pickled() -> None:
    pair = Pair(1, "one")
    with pytest.raises(AttributeError):
        pair.left = 2  # type: ignore[misc]
    assert {pair: 1}[Pair(1, "one")] == 1
    for other in (copy.copy(pair), pickle.loads(pickle.dumps(pair))):
        assert isinstance(other, Pair)
        assert other == pair


def test_a_field_without_a_default_is_needed() -> None:
    with pytest.raises(TypeError, match="left"):
        Pair()  # type: ignore[call-arg]


def test_a_run_imports_nothing_that_is_slow_to_import() -> None:
    code = (
        "import sys; sys.path[:] = %r\n"
        "from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs import run\n"
        "print(*{'contextlib', 'dataclasses', 'ipaddress', 'subprocess', 'typing'}.intersection(sys.modules))"
    )
    argv = [sys.executable, "-I", "-S", "-c", code % sys.path]
    assert not subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
