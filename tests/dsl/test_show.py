"""`qpsmtpd show`: what is in effect, in order, each line and value with the place where it is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from checked_rules import SHIPPED, checked
from meta.checkout import environment
from qpsmtpd.dsl.show import as_object, render, show

_RULES = """use "site.q"
server:
    hostname = "mx.example.org"
listener mx:
    bind = "0.0.0.0:25"
listener out:
    bind = "0.0.0.0:587"
let limit = 3
apply quota(most = limit) at mx
shadow apply greet() unless trusted
on connect: if dnsbl("a.b") deny at rcpt
on rcpt:
    @gate
    unless rcpthosts(
        domain
    ) deny
on queue: maildir("Maildir")
"""
_FILES: dict[str, str | bytes] = {
    "site.q": "policy quota(most: number = 5, reject: verb = deny):\n    on rcpt: if len(recipients) > most reject\n",
    f"{SHIPPED}/greet.q": "policy greet():\n    on helo:\n        if esmtp deny\n",
}


def _shown(**wanted: str) -> str:
    outcome = checked(_RULES, _FILES)
    assert outcome.rules is not None and outcome.codes == []
    lines = {name: str(text).splitlines() for name, text in {**_FILES, "rules.q": _RULES}.items()}
    return render(show(outcome.rules, lines, "rules.q", shipped=SHIPPED, **wanted))


def test_the_listing_is_as_a_reader_wants_it():
    assert _shown() == (Path(__file__).parent / "show_files" / "listing.txt").read_text("utf-8")


def test_one_hook_of_one_listener_is_shown_alone():
    assert _shown(hook="helo", at="mx").splitlines() == [
        "                   listener mx",
        'rules.q:5            bind = "0.0.0.0:25"',
        "",
        "                     helo",
        "rules.q:10             shadow apply greet() unless trusted",
        "qpsmtpd/greet.q:2        on helo:",
        "qpsmtpd/greet.q:3            if esmtp deny",
        "                       otherwise: the standard answer",
    ]


def test_the_listing_is_plain_values_too():
    outcome = checked(_RULES, _FILES)
    assert outcome.rules is not None
    found = json.loads(json.dumps(as_object(show(outcome.rules, {"rules.q": _RULES.splitlines()}, "rules.q"))))
    assert [each["name"] for each in found["listeners"]] == ["mx", "out"]
    assert found["listeners"][0]["blocks"][0]["lines"][0] == {
        "place": "rules.q:11",
        "text": 'on connect: if dnsbl("a.b") deny at rcpt',
    }


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qpsmtpd", "show", *words]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)


def test_the_command_shows_rules_and_refuses_faulty_ones(tmp_path):
    (tmp_path / "rcpthosts").write_text("example.org\n")
    good = 'apply headers()\non rcpt: unless rcpthosts(domain) deny\non queue: maildir("Maildir")\n'
    (tmp_path / "rules.q").write_text(good)
    done = _run(tmp_path, "rules.q", "--hook", "data_post")
    assert done.returncode == 0 and "qpsmtpd/headers.q:6" in done.stdout
    (tmp_path / "bad.q").write_text("on mail: dney\n")
    done = _run(tmp_path, "bad.q")
    assert done.returncode == 1 and "Q212" in done.stderr and done.stdout == ""
    assert _run(tmp_path, "missing.q").returncode == 3
    assert "did you mean `rcpt`" in _run(tmp_path, "rules.q", "--hook", "rcp").stderr
    assert "the listeners are default" in _run(tmp_path, "rules.q", "--at", "mx").stderr
