from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.stdlib.queue.onward import cleanup_wire as wire


def records(octets: bytes) -> Iterator[tuple[str, bytes]]:
    """What a reader of the protocol finds."""
    at = 0
    while at < len(octets):
        kind, length, shift = chr(octets[at]), 0, 0
        while True:
            at += 1
            length |= (octets[at] & 0x7F) << shift
            shift += 7
            if not octets[at] & 0x80:
                break
        yield kind, octets[at + 1 : at + 1 + length]
        at += 1 + length


def read(chunks: list[bytes]) -> tuple[list[str], bytes]:
    """The kinds of the records of a message, and its text again."""
    found = list(records(b"".join(wire.content(chunks))))
    text = b"".join(data + (b"\r\n" if kind == "N" else b"") for kind, data in found)
    return [kind for kind, _ in found], text


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"", b".", b"text", b"x" * 2047, b"y" * 2048, b"\x80"]), max_size=12))
def test_the_lines_are_the_same_wherever_the_chunks_are_cut(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    _, text = read(chunks)
    assert text == (whole if whole.endswith(b"\r\n") or not whole else whole + b"\r\n")


@pytest.mark.parametrize(
    ("length", "kinds"),
    [(0, "N"), (127, "N"), (128, "N"), (2048, "N"), (2049, "LN"), (4096, "LN"), (4097, "LLN"), (20_000, "L" * 9 + "N")],
)
def test_a_long_line_is_cut_into_records_of_2048_octets(length: int, kinds: str) -> None:
    assert read([b"x" * length + b"\r\n"]) == (list(kinds), b"x" * length + b"\r\n")


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, 3_000_000])
def test_a_record_of_any_length_can_be_read_again(length: int) -> None:
    assert list(records(wire.record(wire.TIME, b"x" * length))) == [("T", b"x" * length)]


def test_an_attribute_without_value_is_left_out() -> None:
    assert wire.named("helo_name", "") == b""
    assert list(records(wire.named("helo_name", "x"))) == [("A", b"helo_name=x")]


def test_flags_are_added_up_and_those_that_end_the_reading_go_their_own_way() -> None:
    assert wire.flag_bits(["FLAG_FILTER", "FLAG_BCC_OK", "FLAG_MAP_OK", "FLAG_MILTER"]) == (114, 0)
    assert wire.flag_bits(["FLAG_MASK_EXTERNAL", "FLAG_MASK_EXTRA"]) == (114, 12)
    assert wire.flag_bits(["FLAG_HOLD", "FLAG_NONE"]) == (0, 4)
    assert wire.flag_bits([]) == (0, 0)


@pytest.mark.parametrize("name", sorted(wire.FLAGS))
def test_each_flag_has_its_name_alone(name: str) -> None:
    assert wire.flags_fault(name) == ""
    assert name in wire.flags_fault(name.lower())


@pytest.mark.parametrize(
    ("status", "reason", "refused", "text"),
    [
        (2, "/var/spool is full", False, "The mail queue cannot be written, try again later"),
        (2 | 8, "5.7.1 Bad words", False, "The mail queue cannot be written, try again later"),
        (8, "5.7.1 Bad words", True, "Bad words"),
        (8, "4.7.1 odd", True, "odd"),
        (8, "", True, "Message content rejected"),
        (1 << 12, "whatever", False, "The mail queue is out of order, try again later"),
    ],
)
def test_what_may_pass_comes_before_what_stays(status: int, reason: str, refused: bool, text: str) -> None:
    answer = wire.refusal(status, reason)
    assert (answer.delivered, answer.refused, answer.text) == (False, refused, text)
    assert answer.enhanced.startswith("5." if refused else "4.")
