"""The line that the language was made for, alone with a listener and a delivery; and what becomes of it when it is missing or wrong."""

import mailbox
import re
import subprocess
from pathlib import Path

import pytest

from running_service import PATIENCE, RunningService, command, write_rules

DELIVERY = 'on queue: maildir("Maildir")\n'
LINE = "on rcpt: unless rcpthosts(domain) deny\n"
OPEN = {
    "without the line": "",
    "with accept above it": "on rcpt: accept\n" + LINE,
    "with a gate on the sender": "on rcpt: unless rcpthosts(sender.domain) deny\n",
    "with trusted in its place": "on rcpt: unless trusted deny\n",
}
MESSAGE = b"From: a@example.net\nSubject: =?utf-8?q?caf=C3=A9?=\n  folded\nX-Odd:no blank\n\n.dot\n..dots\n\nblanks  \n\xc3\xa9 8 bits\n"


def swaks(service: RunningService, recipient: str, data: Path) -> subprocess.CompletedProcess[str]:
    words = ["--server", f"127.0.0.1:{service.port}", "--from", "a@example.net", "--to", recipient, "--data", f"@{data}"]
    return subprocess.run(["swaks", *words], capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_the_line_alone_checks_clean_and_serves_own_domains_only(tmp_path: Path) -> None:
    write_rules(tmp_path, LINE + DELIVERY)
    checked = command("check", "rules.q", cwd=tmp_path)
    assert checked.returncode == 0
    assert "no errors, no warnings" in checked.stdout
    data = tmp_path / "message"
    data.write_bytes(MESSAGE)
    with RunningService(tmp_path) as service:
        assert swaks(service, "jo@example.org", data).returncode == 0
        foreign = swaks(service, "jo@elsewhere.example", data)
        assert "<** 550 5.7.1 " in foreign.stdout
        assert "DATA" not in foreign.stdout
        stored = [f.read_bytes() for f in (tmp_path / "Maildir" / "new").iterdir()]
    assert len(stored) == 1
    trace, found, rest = stored[0].partition(b"From: a@example.net\n")
    assert found + rest == MESSAGE + b"\n"  # swaks ends its data with a line end of its own
    assert trace.startswith(b"Return-Path: <a@example.net>\nDelivered-To: jo@example.org\nReceived: from ")


@pytest.mark.parametrize("rules", OPEN.values(), ids=OPEN.keys())
def test_rules_that_relay_for_strangers_are_neither_checked_clean_nor_served(tmp_path: Path, rules: str) -> None:
    write_rules(tmp_path, rules + DELIVERY)
    for verb in ("check", "serve"):
        done = command(verb, "rules.q", cwd=tmp_path)
        told = done.stdout + done.stderr
        assert done.returncode == 1
        assert re.search(r"error\[Q50[156]\] open relay", told)
        assert "client 203.0.113.9 says MAIL FROM:<a@example.net>, RCPT TO:<x@elsewhere.example>" in told
    assert not (tmp_path / "state").exists()


def test_the_finding_shows_the_path_condition_by_condition(tmp_path: Path) -> None:
    write_rules(tmp_path, 'on rcpt: if recipient.local == "postmaster" accept\n' + LINE + DELIVERY)
    told = command("check", "rules.q", cwd=tmp_path).stdout
    assert "note: rules.q:8:13: this is true" not in told.split("error[Q501]")[0]
    assert 'if recipient.local == "postmaster" accept' in told
    assert "this is true" in told


def test_an_address_of_a_subdomain_needs_an_entry_with_a_dot(tmp_path: Path) -> None:
    write_rules(tmp_path, LINE + DELIVERY)
    (tmp_path / "rcpthosts").write_text("example.org\n.example.net\n")
    with RunningService(tmp_path) as service, service.client() as client:
        client.ehlo()
        client.mail("a@b.example")
        answers = [client.rcpt(a)[0] for a in ("a@EXAMPLE.org", "a@x.example.org", "a@x.Example.net", "a@example.net")]
    assert answers == [250, 550, 250, 550]
    assert not list(mailbox.Maildir(tmp_path / "Maildir", create=True))
