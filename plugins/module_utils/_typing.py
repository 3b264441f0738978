# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What typing is needed for at run time, without typing: its import is a fifth of a short process.

Types are imported where ``TYPE_CHECKING`` is true, which it is for type checkers only.
"""

from __future__ import annotations

__all__ = ["TYPE_CHECKING", "NamedTuple", "make"]

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, NamedTuple, TypeVar

    T = TypeVar("T")

    def make(kind: type[T], values: tuple[Any, ...], /) -> T:
        """A named tuple of all its values, defaults too; in half the time of a call."""
else:
    from collections import namedtuple

    make = tuple.__new__

    class _Fields(type):
        """Makes a named tuple of the annotated names of a class, their defaults and its methods."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.pop("__annotations__")
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body.pop("__module__"))
            for attribute, value in body.items():
                setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_Fields):
        """typing.NamedTuple, as far as it is used here."""
