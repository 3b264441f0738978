# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception of this collection's modules: raised anywhere, caught once, in main()."""

from __future__ import annotations

from typing import Any


class LvsError(Exception):
    """Something a person has to know: the object, what is wrong with it, and what to do.

    ``details`` are further return values for ``fail_json``. They must hold no secrets.

        try:
            result = run(module)
        except LvsError as error:
            module.fail_json(msg=error.message, **error.details)
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidInput(LvsError):
    """Options that cannot be carried out. ``problems`` has every mistake found, each with its path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems), problems=problems)
        self.problems = problems
