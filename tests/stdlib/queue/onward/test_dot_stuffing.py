from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.stdlib.queue.onward.dot_stuffing import dotted

LINES = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x.", b"x", b"\x80."]), max_size=8)


@given(LINES, st.lists(st.integers(0, 30), max_size=6))
def test_each_line_with_a_dot_in_front_gets_one_more_wherever_the_chunks_are_cut(lines: list[bytes], cuts: list[int]) -> None:
    text = b"".join(line + b"\r\n" for line in lines)
    edges = [0, *sorted(cuts), len(text)]
    chunks = [text[start:end] for start, end in itertools.pairwise(edges)]
    doubled = b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)
    assert b"".join(dotted(chunks)) == doubled


def test_a_last_line_without_end_gets_one() -> None:
    assert b"".join(dotted([b"x: y\r\n\r\nz"])) == b"x: y\r\n\r\nz\r\n"
    assert b"".join(dotted([b"z\r"])) == b"z\r\r\n"
    assert b"".join(dotted([])) == b""
