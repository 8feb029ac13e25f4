"""The stages together: what one rules file gives, from text to Program, with the real library."""

import pytest

from qpsmtpd.dsl import compile
from qpsmtpd.dsl.compile import Compiled, compile_rules
from qpsmtpd.stdlib import catalogue

FILES = {"rcpthosts": "example.org\n.example.org\n", "relayclients": "192.0.2.0/24\n"}
DELIVERY = 'on queue: maildir("Maildir")\n'
LINE = "on rcpt: unless rcpthosts(domain) deny\n"


def compiled(text: str) -> Compiled:
    files = {f"/etc/q/{name}": content for name, content in FILES.items()} | {"/etc/q/rules.q": text}

    def read(name: str) -> bytes:
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory", name)
        return files[name].encode()

    return compile_rules("/etc/q/rules.q", catalogue(), read)


def codes(text: str) -> list[str]:
    return [f.code for f in compiled(text).findings.sorted() if f.severity != "note"]


def test_the_example_line_with_a_delivery_has_no_finding_but_a_note() -> None:
    outcome = compiled(LINE + DELIVERY)
    assert [f.code for f in outcome.findings.sorted()] == ["Q603"]
    assert outcome.program is not None


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("", "Q501"),
        ("on rcpt: accept\n" + LINE, "Q501"),
        ("on rcpt: unless trusted deny\n", "Q506"),
        ("on rcpt: if trusted accept\n" + LINE, "Q506"),
        ("on rcpt: if rcpthosts(domain) deny\n", "Q505"),
        ('on rcpt: unless rcpthosts(domain) or ip in ["192.0.2.0/24"] deny\n', "Q501"),
        ("on rcpt: unless rcpthosts(domain) skip\n", "Q501"),
        ('on rcpt: unless rcpthosts(domain) log("no")\n', "Q501"),
        ("on rcpt if esmtp: unless rcpthosts(domain) deny\n", "Q501"),
        ("on mail:\n    if sender.domain:\n        unless rcpthosts(sender.domain) deny\n", "Q505"),
        ("on rcpt:\n    let d = domain\n    unless rcpthosts(d) deny\n", "Q505"),
        ('on rcpt: unless rcpthosts("example.org") deny\n', "Q505"),
        ("on rcpt: unless sender == <> or rcpthosts(domain) deny\n", "Q501"),
        ('on rcpt: if recipient.local == "postmaster" accept\n' + LINE, "Q501"),
        ("on rcpt: unless rcpthosts(domain, on_error = unknown) deny\n", "Q504"),
        ("on rcpt: unless rcpthosts(domain) deny unknown pass\n", "Q504"),
        ("shadow on rcpt: unless rcpthosts(domain) deny\n", "Q505"),
    ],
)
def test_rules_that_would_relay_for_strangers_are_refused(rules: str, code: str) -> None:
    assert code in codes(rules + DELIVERY)


def test_a_gate_on_the_sender_is_an_open_relay_and_not_only_a_wrong_type() -> None:
    assert codes("on rcpt: unless rcpthosts(sender.domain) deny\n" + DELIVERY) == ["Q505", "Q405"]


NETS = 'let own = networks("relayclients")\n'


@pytest.mark.parametrize(
    "rules",
    [
        LINE,
        "on rcpt: unless rcpthosts(recipient.domain) deny\n",
        "on rcpt: if rcpthosts(domain) accept\non rcpt: deny\n",
        "on rcpt: if not rcpthosts(domain) deny\n",
        "on rcpt: if rcpthosts(domain) == false deny\n",
        "on rcpt: unless rcpthosts(domain) defer\n",
        "on rcpt: unless relay or rcpthosts(domain) deny\n",
        "on rcpt: unless rcpthosts(domain) discard\n",
        "on rcpt:\n    if rcpthosts(domain):\n        accept\n    else:\n        deny\n",
        "on rcpt:\n    if connections > 5: deny\n    elif rcpthosts(domain): accept\n    else: deny\n".replace(
            ": deny\n    elif", ":\n        deny\n    elif"
        )
        .replace(": accept\n", ":\n        accept\n")
        .replace("else: deny", "else:\n        deny"),
        'on rcpt: unless rcpthosts(domain) deny 550 5.7.1 "{{ domain }} is not ours" and disconnect\n',
        LINE + "on rcpt: if sender == <> accept\n",
        "on rcpt:\n    let ours = rcpthosts(domain)\n    unless ours deny\n",
        "define ours() = rcpthosts(domain)\non rcpt: unless ours() deny\n",
        "define ours(d) = rcpthosts(d)\non rcpt: unless ours(domain) deny\n",
        NETS + "on connect: if ip in own relay = true\n" + LINE,
        NETS + "on rcpt: if ip in own relay = true\non rcpt: unless relay deny\n",
        NETS + "on connect:\n    unless ip in own deny\n    relay = true\n" + LINE,
        "on rcpt: if connections > 100 deny\n" + LINE,
        'on rcpt: if dnsbl("zen.test") defer\n' + LINE,
    ],
)
def test_rules_that_guard_every_recipient_pass(rules: str) -> None:
    assert codes(rules + DELIVERY) == []


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("on connect: relay = true\n", "Q502"),
        ("on connect: if trusted relay = true\n", "Q502"),
        ('on helo: if helo == "friend.example" relay = true\n', "Q502"),
        ('let all: list[network] = ["0.0.0.0/1", "128.0.0.0/1"]\non connect: if ip in all relay = true\n', "Q503"),
        (NETS + "on connect: if ip not in own relay = true\n", "Q502"),
    ],
)
def test_relay_needs_a_proof(rules: str, code: str) -> None:
    assert codes(rules + LINE + DELIVERY) == [code]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("on rcpt: unless rcpthost(domain) deny\n" + DELIVERY, "Q202"),
        ("on recpt: unless rcpthosts(domain) deny\n" + DELIVERY, "Q203"),
        ("on rcpt at mxx: unless rcpthosts(domain) deny\n" + DELIVERY, "Q205"),
        ("on rcpt: unless rcpthosts(domian) deny\n" + DELIVERY, "Q201"),
        (LINE + 'on queue: maildri("Maildir")\n', "Q202"),
        (LINE + 'on queu: maildir("Maildir")\n', "Q203"),
    ],
)
def test_one_mistake_is_one_finding(rules: str, code: str) -> None:
    assert codes('listener mx:\n    bind = "127.0.0.1:0"\n' + rules) == [code]


def test_the_same_text_has_the_same_digest() -> None:
    first, second = compiled(LINE + DELIVERY).program, compiled(LINE + DELIVERY).program
    assert first is not None and second is not None
    assert first.digest == second.digest


def test_a_bug_of_ours_is_a_finding_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(compile, "prove", broken)
    outcome = compiled(LINE + DELIVERY)
    assert outcome.program is None
    (finding,) = outcome.findings.sorted()
    assert finding.code == "Q901"
    assert "ZeroDivisionError: a bug" in finding.why
