# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a text is written for each program that reads our files: so that it reads exactly that text, as one word.

What cannot be written like that is an error and never a file. The model refuses such a text before; this is the last
look. A file that a person reads is the same with and without these functions: a plain word is written as it is. No
error quotes a text, which may be a secret.
"""

from __future__ import annotations

import math
import re
import shlex
from typing import Callable, Mapping

from ._errors import LvsError

# Words that the reader takes as they are, at every place where one of our templates has a word.
_PLAIN = {
    # Not " ' { } # ! $ ~ \ and blanks, which have a meaning in the middle of a word, nor @ at its beginning.
    "keepalived": r"[A-Za-z0-9_./:+=,^%*?&-][A-Za-z0-9_./:+=,^%*?&@-]*",
    # Not " ' { } ; # $ \ and blanks; ~ at the beginning makes a regular expression.
    "nginx": r"[A-Za-z0-9_./:+=,^%*?&@-][A-Za-z0-9_./:+=,^%*?&@~-]*",
    # Not % (a specifier), $ (a variable), quotes and \.
    "systemd": r"[A-Za-z0-9_./:+=,@-]+",
    "logrotate": r"[A-Za-z0-9_./-]+",
    # A name; a # or % in front makes a number or a group of it.
    "sudoers": r"[A-Za-z_][A-Za-z0-9_.-]*",
}
# A line of keepalived.conf is read into 1024 bytes.
_LONGEST = 512
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")


def _plain(reader: str) -> Callable[[object], str]:
    pattern = re.compile(_PLAIN[reader])

    def write(value: object) -> str:
        text = _text_of(value, reader)
        if not pattern.fullmatch(text) or len(text) > _LONGEST:
            raise LvsError(
                "a text of %d characters is no word of %s; allowed are 1-%d of %s"
                % (len(text), reader, _LONGEST, _PLAIN[reader])
            )
        return text

    write.__doc__ = "A plain word for %s, as it is. Raises LvsError." % reader
    return write


def _text_of(value: object, reader: str) -> str:
    """Only what is a text or a whole number already: None or a list has no place in a file of ours."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise LvsError("%s is no text for %s" % (type(value).__name__, reader))
    return str(value)


keepalived = _plain("keepalived")
nginx = _plain("nginx")
systemd = _plain("systemd")
logrotate = _plain("logrotate")
sudoers = _plain("sudoers")


def shell(value: object) -> str:
    """One word of a shell script, quoted where that is needed. It must not stand in quotes. Raises LvsError."""
    text = _text_of(value, "the shell")
    if _CONTROL.search(text):
        raise LvsError("a text for the shell has a control character")
    return shlex.quote(text)


def comment(value: object) -> str:
    """Comment lines with `# ` in front, one for each line of the text: for a person, so nothing is refused."""
    lines = [_CONTROL.sub(" ", line).rstrip(" \t\\") for line in re.split(r"\r\n?|\n", str(value).rstrip())]
    return "\n".join(("# " + line).rstrip() for line in lines)


def keepalived_line(value: object) -> str:
    """A whole line of keepalived.conf as an operator wrote it; it stays one line. Raises LvsError."""
    text = _text_of(value, "keepalived")
    if _CONTROL.sub("", text.replace("\t", " ")) != text.replace("\t", " ") or text.rstrip().endswith("\\"):
        raise LvsError("a line for keepalived.conf has a control character or a backslash at its end")
    return text


def keepalived_command(words: object) -> str:
    """A program with its arguments as one word of a line: Keepalived takes off the double quotes, then the single ones.
    Raises LvsError."""
    found = []
    if not isinstance(words, (list, tuple)):
        raise LvsError("a command for keepalived is no list of words")
    for word in words:
        parts = _text_of(word, "keepalived").split(" ")
        if not parts[0] or not parts[-1]:
            raise LvsError("an argument for keepalived is empty or has a blank at an end")
        text = " ".join([keepalived(one) if one else "" for one in parts])
        found.append("'%s'" % text if " " in text else text)
    command = " ".join(found)
    if not found or len(command) > _LONGEST:
        raise LvsError("a command of %d characters; must have 1-%d" % (len(command), _LONGEST))
    return '"%s"' % command


def number(value: object) -> int | float:
    """A number, which every reader takes; also one that was written as text. Raises LvsError."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or "e" in str(value):
        raise LvsError("a text or %s is no number" % type(value).__name__)
    return value


# As filters of templates. A test reads every template: what it prints has gone through one of these.
WRITERS: Mapping[str, Callable[[object], object]] = {
    "comment": comment,
    "keepalived": keepalived,
    "keepalived_command": keepalived_command,
    "keepalived_line": keepalived_line,
    "logrotate": logrotate,
    "nginx": nginx,
    "number": number,
    "shell": shell,
    "sudoers": sudoers,
    "systemd": systemd,
}
