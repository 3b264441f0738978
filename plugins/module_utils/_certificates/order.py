# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question for a certificate: by the client of ACME, or by a program of the operator."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from typing import Iterator, NamedTuple, Sequence

from .._errors import LvsError
from .._host.command import run
from .._host.places import STATE

CLIENT = "certbot"
ACCOUNTS = STATE + "/acme"
# Where Nginx looks for answers to the directory.
ANSWERS = "/var/lib/nginx/lvs-acme"
SECONDS = 300.0
# The arguments of the module certificate_order and of its action.
ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "kind": {"type": "str", "choices": ["ecdsa", "rsa"], "default": "ecdsa"},
    "source": {"type": "str", "default": ""},
    "what": {"type": "str", "default": ""},
    "directory": {"type": "str"},
    "contact": {"type": "list", "elements": "str", "default": []},
    "trusted": {"type": "str", "default": ""},
    "command": {"type": "list", "elements": "str", "default": []},
    "request": {"type": "str", "default": ""},
}
# Lines of a client that say nothing of this failure.
_NOISE = ("Saving debug log", "Ask for help", "See the logfile", "Plugins selected", "- - -", "Some challenges have")
_MOST_WORDS = 600
_ERROR = "acme.messages.Error: "


class Answer(NamedTuple):
    """``text``: certificates in PEM, of a program with the key; empty where none came, and then ``words`` say why."""

    text: str
    words: str


class Order(NamedTuple):
    """What a directory is asked for. ``request``: a request for a certificate in PEM; ``trusted``: certificates of
    authorities in PEM, empty: those of the system."""

    name: str
    request: str
    directory: str
    contact: Sequence[str]
    trusted: str


def by_program(argv: Sequence[str], seconds: float = SECONDS) -> Answer:
    """What a program prints. Its errors are for a person, its output is not."""
    try:
        done = run(argv, seconds, apart=True)
    except LvsError as error:
        # Its arguments may be secret.
        return Answer("", error.message.replace(" ".join(argv), argv[0]))
    if done.status:
        return Answer("", "%s ended with status %d: %s" % (argv[0], done.status, words_of(done.errors)))
    return Answer(done.output, "" if done.output.strip() else "%s printed nothing" % argv[0])


def by_directory(order: Order, client: Sequence[str] = (CLIENT,), seconds: float = SECONDS) -> Answer:
    """Ask a directory, whose questions are answered by files in `ANSWERS`. The client never sees the private key."""
    with _folder() as folder:
        paths = {name: os.path.join(folder, name) for name in ("request", "trusted", "own", "between", "chain")}
        for name, text in (("request", order.request), ("trusted", order.trusted)):
            with open(paths[name], "w", encoding="utf-8") as stream:
                stream.write(text)
        environ = {"REQUESTS_CA_BUNDLE": paths["trusted"]} if order.trusted else {}
        try:
            done = run([*client, *_arguments(order, paths)], seconds, environ=environ)
        except LvsError as error:
            return Answer("", error.message)
        if done.status or not os.path.exists(paths["chain"]):
            said = _refusal(_home(order)) or words_of(done.output)
            return Answer("", said or "%s ended with status %d" % (client[0], done.status))
        with open(paths["chain"], encoding="utf-8") as stream:
            return Answer(stream.read(), "")


@contextlib.contextmanager
def _folder() -> Iterator[str]:
    """For root alone; gone afterwards, with what a client that was stopped has left for the directory."""
    os.makedirs(ACCOUNTS, mode=0o700, exist_ok=True)
    os.makedirs(ANSWERS, exist_ok=True)
    os.chmod(ANSWERS, 0o755)  # Nginx reads it, whatever the umask of this run is
    folder = tempfile.mkdtemp(prefix=".order-", dir=ACCOUNTS)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(os.path.join(ANSWERS, ".well-known"), ignore_errors=True)


def _arguments(order: Order, paths: dict[str, str]) -> list[str]:
    """An account for each directory and contact; none of it is where the client's own timer would look. What the host's
    own cli.ini says goes behind these: beside `--webroot` another `authenticator` there would be an error."""
    home = _home(order)
    found = ["certonly", "--non-interactive", "--agree-tos", "--server", order.directory]
    found += ["--config-dir", home, "--work-dir", home + "/work", "--logs-dir", home + "/log", "--max-log-backups", "5"]
    found += ["--email", ",".join(order.contact), "--no-eff-email"] if order.contact else []
    found += [] if order.contact else ["--register-unsafely-without-email"]
    found += ["--preferred-challenges", "http", "--authenticator", "webroot", "--webroot-path", ANSWERS]
    found += ["--csr", paths["request"]]
    return [
        *found, "--cert-path", paths["own"], "--chain-path", paths["between"], "--fullchain-path", paths["chain"],
    ]  # fmt: skip


def _home(order: Order) -> str:
    account = hashlib.sha256("\n".join([order.directory, *order.contact]).encode()).hexdigest()[:16]
    return os.path.join(ACCOUNTS, account)


def _refusal(home: str) -> str:
    """What the directory said last; the client writes it down, but fails over it without a word in Python 3.11."""
    try:
        with open(home + "/log/letsencrypt.log", encoding="utf-8", errors="replace") as stream:
            said = [line.strip() for line in stream if line.startswith(_ERROR)]
    except OSError:
        return ""
    return said[-1][len(_ERROR) :][:_MOST_WORDS] if said else ""


def words_of(output: str) -> str:
    """What a program says of its failure, on one line."""
    lines = [line.strip() for line in output.splitlines()]
    said = " ".join(line for line in lines if line and not line.startswith(_NOISE)).partition(" Hint: ")[0]
    return said if len(said) <= _MOST_WORDS else said[:_MOST_WORDS] + "..."
