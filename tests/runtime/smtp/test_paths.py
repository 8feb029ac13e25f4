"""The arguments of MAIL and RCPT: what is an address, what it becomes, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.values import NULL_SENDER, Address
from qpsmtpd.runtime.smtp.paths import Refused, parse_domain, parse_literal, parse_mail, parse_rcpt

_PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)


def _recipient(path: str) -> Address:
    return parse_rcpt(f"TO:{path}", esmtp=True, hostname="mx.example.org")[0]


def _code(argument: str, *, esmtp: bool = True, max_size: int = 1000) -> str:
    with pytest.raises(Refused) as refused:
        parse_mail(argument, esmtp=esmtp, max_size=max_size)
    return refused.value.reply[:9].decode("ascii")


@pytest.mark.parametrize(
    ("path", "local", "domain", "text"),
    [
        ("<a@example.org>", "a", "example.org", "a@example.org"),
        ("<A.b+c@Example.ORG>", "A.b+c", "example.org", "A.b+c@example.org"),
        (" <a@example.org>", "a", "example.org", "a@example.org"),
        ("<a@localhost>", "a", "localhost", "a@localhost"),
        ('<"john"@example.org>', "john", "example.org", "john@example.org"),
        ('<"john doe"@example.org>', "john doe", "example.org", '"john doe"@example.org'),
        (r'<"a\"b\\c"@example.org>', 'a"b\\c', "example.org", r'"a\"b\\c"@example.org'),
        (r'<"\j\o"@example.org>', "jo", "example.org", "jo@example.org"),
        ('<"a>b"@example.org>', "a>b", "example.org", '"a>b"@example.org'),
        ('<"user@other"@example.org>', "user@other", "example.org", '"user@other"@example.org'),
        ("<user%other@example.org>", "user%other", "example.org", "user%other@example.org"),
        ("<a@[192.0.2.1]>", "a", "[192.0.2.1]", "a@[192.0.2.1]"),
        ("<a@[IPv6:2001:DB8:0::1]>", "a", "[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"),
        ("<@one.example,@two.example:a@example.org>", "a", "example.org", "a@example.org"),
        ("<postmaster>", "postmaster", "mx.example.org", "postmaster@mx.example.org"),
        ("<PostMaster>", "PostMaster", "mx.example.org", "PostMaster@mx.example.org"),
        ("<a@xn--bcher-kva.example>", "a", "xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        (f"<{'l' * 64}@example.org>", "l" * 64, "example.org", f"{'l' * 64}@example.org"),
    ],
)
def test_a_forward_path_becomes_a_canonical_address(path, local, domain, text):
    recipient = _recipient(path)
    assert (recipient.local, recipient.domain, recipient.text) == (local, domain, text)


@pytest.mark.parametrize(
    "path",
    [
        "<>",
        "a@example.org",
        "<a@example.org",
        "<a>",
        "<a@>",
        "<@example.org>",
        "<a@example.org.>",
        "<a@.example.org>",
        "<a@exa mple.org>",
        "<a@-example.org>",
        "<a@example-.org>",
        "<a@exam_ple.org>",
        "<.a@example.org>",
        "<a.@example.org>",
        "<a..b@example.org>",
        "<a@b@example.org>",
        '<""@example.org>',
        '<"a@example.org>',
        '<"a"b@example.org>',
        "<a@[300.1.1.1]>",
        "<a@[IPv6:::g]>",
        "<a@[192.0.2.1>",
        "<a@[fe80::1]>",
        "<a@bücher.example>",
        "<ü@example.org>",
        "<a\r@example.org>",
        '<"a\\\x1b"@example.org>',
        "<a(comment)@example.org>",
        f"<{'l' * 65}@example.org>",
        f'<"{"l" * 65}"@example.org>',
        f"<a@{'d' * 64}.org>",
        f"<a@{'.'.join(['d' * 60] * 5)}>",
        "<@one.example>",
        "<@one.example:>",
        "<@one.example,a@example.org>",
    ],
)
def test_what_is_no_forward_path_is_refused(path):
    with pytest.raises(Refused) as refused:
        _recipient(path)
    assert refused.value.reply[:4] == b"501 "


def test_the_null_sender_is_a_value_of_its_own():
    assert parse_mail("FROM:<>", esmtp=True, max_size=1)[0] is NULL_SENDER


def test_parameters_of_mail_are_read_by_keyword():
    sender, params = parse_mail("FROM:<a@b.example> size=10 BODY=8bitmime", esmtp=True, max_size=1000)
    assert (sender.text, dict(params)) == ("a@b.example", {"SIZE": "10", "BODY": "8bitmime"})


def test_trailing_blanks_are_no_parameters():
    assert dict(parse_mail("FROM:<a@b.example>  ", esmtp=False, max_size=1)[1]) == {}


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("FROM:<a@b.example> SIZE=1001", "552 5.3.4"),
        ("FROM:<a@b.example> SIZE=ten", "501 5.5.4"),
        (f"FROM:<a@b.example> SIZE={'1' * 21}", "501 5.5.4"),
        ("FROM:<a@b.example> SIZE=1 SIZE=1", "501 5.5.4"),
        ("FROM:<a@b.example> BODY=BINARYMIME", "501 5.5.4"),
        ("FROM:<a@b.example> SMTPUTF8", "555 5.5.4"),
        ("FROM:<a@b.example> __class__=x", "501 5.5.4"),
        ("FROM:<a@b.example>SIZE=1", "501 5.5.4"),
        ("FROM:<a@b.example> =1", "501 5.5.4"),
        ("FROM:<a@b.example> SIZE==", "501 5.5.4"),
        ("FRM:<a@b.example>", "501 5.5.4"),
        ("", "501 5.5.4"),
        ("FROM:<a@b.example,c@d.example>", "501 5.1.7"),
    ],
)
def test_wrong_parameters_are_refused_with_their_code(argument, code):
    assert _code(argument) == code


def test_after_helo_no_parameter_is_taken():
    assert _code("FROM:<a@b.example> SIZE=1", esmtp=False) == "555 5.5.4"


def test_rcpt_takes_no_parameter():
    with pytest.raises(Refused) as refused:
        parse_rcpt("TO:<a@b.example> NOTIFY=NEVER", esmtp=True, hostname="mx.example.org")
    assert refused.value.reply[:9] == b"555 5.5.4"


@pytest.mark.parametrize(
    ("text", "domain"),
    [("mx.Example.org", "mx.example.org"), ("localhost", "localhost"), ("192.0.2.1", None), ("a_b", None), ("", None)],
)
def test_a_name_in_helo_is_a_domain_or_not(text, domain):
    assert parse_domain(text) == domain


def test_a_literal_is_an_address_or_not():
    assert str(parse_literal("[192.0.2.1]")) == "192.0.2.1"
    assert str(parse_literal("[ipv6:::1]")) == "::1"
    assert parse_literal("[192.0.2]") is None
    assert parse_literal("192.0.2.1") is None


@given(_PRINTABLE)
def test_any_argument_is_taken_or_refused_and_nothing_else_happens(text):
    for argument in (text, f"TO:{text}", f"TO:<{text}>"):
        try:
            address, _ = parse_rcpt(argument, esmtp=True, hostname="mx.example.org")
        except Refused as refused:
            assert refused.reply[:1] == b"5"
        else:
            assert address.local and address.domain


@given(_PRINTABLE.filter(bool))
def test_a_written_address_parses_to_itself(local):
    quoted = local.replace("\\", "\\\\").replace('"', '\\"')
    try:
        first = _recipient(f'<"{quoted}"@example.org>')
    except Refused:
        assert len(quoted) + 2 > 64
        return
    again = _recipient(f"<{first.text}>")
    assert (again.local, again.domain, again.text) == (local, "example.org", first.text)
