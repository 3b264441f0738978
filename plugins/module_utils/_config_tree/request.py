# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of ``config_tree`` is asked for, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from .plan import Change, File, Loading


@dataclass(frozen=True)
class Request:
    """What is asked for. ``path`` is absolute; ``wanted`` as ``from_options`` gives it."""

    path: str
    name: str
    wanted: Mapping[str, File | None]
    state_dir: str
    directory_mode: int = 0o755
    purge: bool = True
    secrets: tuple[str, ...] = ()
    validate: tuple[str, ...] = ()
    validate_stderr_empty: bool = False
    validate_requires: tuple[str, ...] = ()
    validate_scratch: tuple[str, ...] = ()
    loading: Loading = field(default_factory=Loading)
    patience: float = 60.0


@dataclass
class Outcome:
    """What a run did, or in check mode would do."""

    changes: list[Change] = field(default_factory=list)
    files: list[dict[str, str]] = field(default_factory=list)
    diff: list[dict[str, str]] = field(default_factory=list)
    hidden: tuple[str, ...] = ()
    validated: bool = False
    reloaded: bool = False
    confirmed: bool = False
    recovered: str = "nothing"
    notes: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.changes) or self.recovered != "nothing"
