"""The end of a message: CRLF . CRLF and nothing else, however the octets come; and what is kept is what was sent."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.values import Size
from qpsmtpd.runtime.smtp.body import Body, BodyLimits
from smtp_dialogue import Talk, codes, pieces

_LIMITS = BodyLimits(100_000, 1000, 100_000)
_SMUGGLED = b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_VARIANTS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\n",
    b"\n.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\r\n.\r\n",
]
"""What lenient servers have taken for the end of a message."""


def _stuffed(content: bytes) -> bytes:
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"


def _fed(data: list[bytes], limits: BodyLimits = _LIMITS) -> tuple[Body, int]:
    """The body, and how many octets behind its end were left; -1 when the end has not come."""
    body = Body(limits)
    for number, piece in enumerate(data):
        end = body.feed(piece, 0)
        if end >= 0:
            body.finish()
            return body, len(b"".join(data[number:])) - end
    return body, -1


@pytest.mark.parametrize("variant", _VARIANTS)
def test_no_other_end_smuggles_a_second_message(variant):
    talk = Talk()
    talk.begin()
    said = talk.send(b"Subject: x\r\n\r\ntext" + variant + _SMUGGLED)
    said += talk.send(b"evil\r\n.\r\n")
    assert len(talk.delivered.contents) <= 1
    assert not any(_STRAY.search(content) for content in talk.delivered.contents)
    assert set(codes(said)) & {"550", "554", "500", "501"}


@pytest.mark.parametrize("variant", _VARIANTS)
def test_where_the_segments_end_makes_no_difference(variant):
    data = b"x\r\n\r\ntext" + variant + _SMUGGLED + b"evil\r\n.\r\nREST"
    whole, left = _fed([data])
    for cut in range(len(data)):
        body, rest = _fed([data[:cut], data[cut:]])
        assert (body.fault, rest) == (whole.fault, left)
    body, rest = _fed([data[i : i + 1] for i in range(len(data))])
    assert (body.fault, rest) == (whole.fault, left)
    assert whole.fault is not None and whole.fault.startswith(b"550 5.6.0")


@pytest.mark.parametrize(
    ("content", "stray"),
    [
        (b"a\rb\nc\r\n", True),
        (b"a\nb\rc\r\n", True),
        (b"\rx\n\r\n", True),
        (b"a\0b\r\n", True),
        (b"a\r\n\r\nb\r\n", False),
        (b"", False),
    ],
)
def test_each_cr_needs_its_lf_beside_it(content, stray):
    body, left = _fed([content + b".\r\n"])
    assert left == 0
    assert (body.fault is not None) == stray


_CONTENTS = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"text", b"x" * 900, b"a.b", b"\xff"]), max_size=30).map(
    lambda lines: b"".join(line + b"\r\n" for line in lines)
)


@given(_CONTENTS, st.lists(st.integers(0, 30_000), max_size=12))
def test_dots_are_undone_and_nothing_else_is_touched(content, cuts):
    body, left = _fed(pieces(_stuffed(content) + b"REST", cuts))
    assert body.fault is None and left == 4
    assert b"".join(body.parts) == content
    assert (body.size, body.memory) == (len(content), len(content))


@given(_CONTENTS)
def test_single_octets_give_the_same_message(content):
    data = _stuffed(content)
    body, left = _fed([data[i : i + 1] for i in range(len(data))])
    assert (b"".join(body.parts), left) == (content, 0)


@given(st.binary(max_size=60), st.lists(st.integers(0, 100), max_size=6))
def test_any_octets_end_at_the_first_true_end_of_data(noise, cuts):
    noise = noise.replace(b"x", b"\r\n.").replace(b"y", b"\n")
    data = noise + b"\r\n.\r\nREST"
    true_end = (b"\r\n" + data).find(b"\r\n.\r\n") + 3
    body, left = _fed(pieces(data, cuts))
    assert left == len(data) - true_end
    assert (body.fault is None) == (not _STRAY.search(data[:true_end]) and b"\0" not in data[:true_end])


def test_a_first_dot_is_removed_whatever_follows_it():
    assert b"".join(_fed([b".x\r\n..\r\n.y\r\n.\r\n"])[0].parts) == b"x\r\n.\r\ny\r\n"


@pytest.mark.parametrize(
    ("data", "limits", "reply"),
    [
        (b"x" * 1001 + b"\r\n", _LIMITS, b"550 5.6.0"),
        (b"x" * 500_000 + b"\r\n", _LIMITS, b"550 5.6.0"),
        (b"xxxx\r\n" * 20_000, _LIMITS, b"552 5.3.4"),
        (b"x" * 500_000, BodyLimits(400_000, 10**9, 10**9), b"552 5.3.4"),
    ],
)
def test_after_a_fault_nothing_is_kept_until_the_end(data, limits, reply):
    body = Body(limits)
    for at in range(0, len(data), 4096):
        assert body.feed(data[at : at + 4096], 0) == -1
    assert body.feed(b"\r\n.\r\nQUIT", 0) == 5
    assert body.fault is not None and body.fault.startswith(reply)
    assert body.parts == [] and body.memory == 0


def test_many_small_segments_become_few_parts():
    body, _ = _fed([b"ab\r\n"] * 20_000 + [b".\r\n"])
    assert len(body.parts) < 20
    assert b"".join(body.parts) == b"ab\r\n" * 20_000


def test_a_header_section_without_end_is_refused_beyond_its_limit():
    limits = BodyLimits(10**7, 1000, 10**7)
    field = b"X-Field: value\r\n" + b" more\r\n" * 100
    assert (
        _fed([field * 500 + b"\r\ntext\r\n.\r\n"], limits)[0].fault
        == b"552 5.3.4 The header section is larger than this server takes\r\n"
    )
    assert _fed([b"no header\r\n" * 50_000 + b".\r\n"], limits)[0].fault is None


def test_a_message_after_a_refused_one_is_taken():
    talk = Talk(ServerSettings(max_line=Size(100)))
    assert talk.message(b"a\rb\r\n") == "550 5.6.0"
    assert talk.message(b"good\r\n") == "250 2.0.0"
    assert len(talk.delivered.contents) == 1
