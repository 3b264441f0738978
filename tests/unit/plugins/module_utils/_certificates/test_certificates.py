# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of certificates on a node, what is remembered of questions, and how a client or a program is asked."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from certificates import key_text, new_key, pair

from ansible_collections.vipstack.lvs.plugins.module_utils._certificates import order
from ansible_collections.vipstack.lvs.plugins.module_utils._certificates.files import look, note, tries
from ansible_collections.vipstack.lvs.plugins.module_utils._host.files import HostFiles

OWN = pair("example.com")
PLACE = "etc/nginx/lvs-certificates/www"


def put(root: Path, **texts: str) -> HostFiles:
    for end, text in texts.items():
        path = root / ("%s.%s" % (PLACE, end))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return HostFiles(str(root))


def test_what_is_in_the_files(tmp_path: Path) -> None:
    files = put(tmp_path, crt=OWN.certificate, key=OWN.key, source="acme x\n")
    assert look("www", False, files) == {"chain": OWN.certificate, "source": "acme x\n", "fits": True, "tried": []}
    assert look("www", True, files)["key"] == OWN.key


@pytest.mark.parametrize("key", ["", "words", key_text(new_key()), key_text(new_key(), b"secret")])
def test_a_key_that_does_not_fit(tmp_path: Path, key: str) -> None:
    assert not look("www", False, put(tmp_path, crt=OWN.certificate, key=key))["fits"]


def test_nothing_is_there(tmp_path: Path) -> None:
    found = look("www", True, HostFiles(str(tmp_path)))
    assert found == {"chain": "", "source": "", "fits": False, "key": "", "tried": []}


def test_questions_are_remembered_for_a_week_by_root_alone(tmp_path: Path) -> None:
    files = HostFiles(str(tmp_path))
    for at, words in ((1000.0, "long ago"), (700_000.0, "no"), (700_100.0, "")):
        note("www", "what", not words, words, files, lambda at=at: at)  # type: ignore[misc]
    assert tries("www", files, lambda: 700_110.0) == [
        {"age": 110.0, "what": "what", "issued": False, "words": "no"},
        {"age": 10.0, "what": "what", "issued": True, "words": ""},
    ]
    assert stat.S_IMODE((tmp_path / "var/lib/vipstack-lvs/certificates/www.json").stat().st_mode) == 0o600


def test_a_clock_that_went_back_hides_nothing_and_file_rubbish_is_nothing(tmp_path: Path) -> None:
    files = HostFiles(str(tmp_path))
    note("www", "what", False, "no", files, lambda: 5000.0)
    assert [one["age"] for one in tries("www", files, lambda: 4000.0)] == [0.0]
    for rubbish in ("", "{", "[1]", '[{"at": "x"}]', "{}", "null"):
        (tmp_path / "var/lib/vipstack-lvs/certificates/www.json").write_text(rubbish)
        assert tries("www", files) == []


def test_a_program_prints_a_certificate_or_says_why_not() -> None:
    assert order.by_program(["/bin/echo", "a b;$x"]) == ("a b;$x\n", "")
    assert order.by_program(["/bin/true"]) == ("", "/bin/true printed nothing")
    failing = ["/bin/sh", "-c", "echo secret; echo 'no such name' >&2; exit 3"]
    assert order.by_program(failing) == ("", "/bin/sh ended with status 3: no such name")
    assert order.by_program(["/no/such"]).words == "/no/such is not installed"
    assert order.by_program(["/bin/sleep", "60"], 0.1).words == "/bin/sleep did not end within 0.1 s"


def test_a_client_is_asked_by_a_request_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, accounts = tmp_path / "answers", tmp_path / "accounts"
    monkeypatch.setattr(order, "ANSWERS", str(answers))
    monkeypatch.setattr(order, "ACCOUNTS", str(accounts))
    client = tmp_path / "client"
    lines = [
        "#!/bin/sh", "mkdir -p %s/.well-known/x" % answers, "exec 3> %s" % (tmp_path / "asked"),
        'printf "%s\\n" "$@" "$REQUESTS_CA_BUNDLE" >&3', "for last; do :; done", 'echo chain > "$last"',
    ]  # fmt: skip
    client.write_text("\n".join(lines))
    client.chmod(0o755)
    given = order.Order("www", "request", "https://ca.example/dir", ["a@b.example", "c@d.example"], "trusted")
    assert order.by_directory(given, [str(client)]) == ("chain\n", "")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[asked.index("--server") + 1] == "https://ca.example/dir"
    assert asked[asked.index("--email") + 1] == "a@b.example,c@d.example"
    assert asked[-1].endswith("/trusted")
    assert list(answers.iterdir()) == []
    assert list(accounts.iterdir()) == []
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o700
    client.write_text("#!/bin/sh\necho Saving debug log to x\necho 'it did not work Hint: look'\nexit 1\n")
    assert order.by_directory(given._replace(contact=[], trusted=""), [str(client)]) == ("", "it did not work")


def test_nginx_may_read_the_answers_whatever_the_umask_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = tmp_path / "nginx" / "answers"
    monkeypatch.setattr(order, "ANSWERS", str(answers))
    monkeypatch.setattr(order, "ACCOUNTS", str(tmp_path / "accounts"))
    (tmp_path / "nginx").mkdir()
    before = os.umask(0o077)
    try:
        order.by_directory(order.Order("www", "", "https://ca.example/dir", [], ""), ["/bin/true"])
    finally:
        os.umask(before)
    assert stat.S_IMODE(answers.stat().st_mode) == 0o755


def test_the_words_of_the_directory_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "ANSWERS", str(tmp_path / "answers"))
    monkeypatch.setattr(order, "ACCOUNTS", str(tmp_path / "accounts"))
    client = tmp_path / "client"
    client.write_text(
        '#!/bin/sh\nwhile [ "$1" != --logs-dir ]; do shift; done; mkdir -p "$2"\n'
        "echo 'acme.messages.Error: urn:ietf:params:acme:error:rateLimited :: too many' > \"$2/letsencrypt.log\"\n"
        'echo "AttributeError: can\'t set attribute"; exit 1\n'
    )
    client.chmod(0o755)
    told = order.by_directory(order.Order("www", "", "https://ca.example/dir", [], ""), [str(client)])
    assert told.words == "urn:ietf:params:acme:error:rateLimited :: too many"
