# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the host: the one place that starts them."""

from __future__ import annotations

import os
import subprocess
from typing import Mapping, NamedTuple, Sequence

from .._errors import LvsError


class Ended(NamedTuple):
    """What a program did. ``errors`` is empty where both streams were read as one."""

    status: int
    output: str
    errors: str = ""


class CommandError(LvsError):
    """A program that is missing or hangs. ``status``: what a shell reports of it, 127 or 124."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def run(
    arguments: Sequence[str], seconds: float = 20.0, apart: bool = False, environ: Mapping[str, str] | None = None
) -> Ended:
    """Run a program to its end, with nothing to read. ``apart``: errors apart from the output. ``environ``: more of it.

    Raises CommandError where it is missing or does not end within ``seconds``.
    """
    try:
        # AnsibleModule.run_command is for modules alone: this is called from threads and by tests without one.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if apart else subprocess.STDOUT,
            timeout=seconds,
            cwd="/",
            env={**_environment(), **(environ or {})},
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError("%s is not installed" % arguments[0], 127) from error
    except OSError as error:
        raise CommandError("%s cannot be run: %s" % (arguments[0], error.strerror), 127) from error
    except subprocess.TimeoutExpired as error:
        raise CommandError("%s did not end within %g s" % (" ".join(arguments), seconds), 124) from error
    return Ended(done.returncode, _text(done.stdout), _text(done.stderr or b""))


def _environment() -> dict[str, str]:
    """English words, and the directories of administration that a remote shell may lack."""
    return {**os.environ, "LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
