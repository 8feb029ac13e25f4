"""Maps of aliases: what they hold, and what is said of lines that are none."""

from __future__ import annotations

import pytest

from qpsmtpd.stdlib.data.aliases import read


def faults(text: str) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    read(text, lambda line, code, message, *_: found.append((line, code, message)))
    return found


def test_names_targets_comments_and_lines_that_go_on():
    text = '# aliases\nPostmaster: root\n\nstaff: ann,\n# not now: carl,\n\tbob\n"j doe":|"/bin/x y"\nx@Example.org : ":include:/x"\n'
    assert read(text, lambda *fault: pytest.fail(str(fault))) == {
        "postmaster": "root",
        "staff": "ann, bob",
        "j doe": '|"/bin/x y"',
        "x@example.org": '":include:/x"',
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("ann bob\n", 1, 'write "ann: where its mail goes"'),
        ("ok: x\nann:\n", 2, 'nothing stands behind "ann:"'),
        ("  bob: x\n", 1, "begins with a blank"),
        ("a..b: x\n", 1, "neither a local part nor an address"),
        ("ann@nowhere: x\n", 1, "whole domain"),
    ],
)
def test_a_line_that_is_no_alias_is_told_with_what_to_write(text, line, said):
    ((number, code, message),) = faults(text)
    assert (number, code) == (line, "Q702")
    assert said in message


def test_a_name_that_is_there_twice_is_told_with_the_other_line():
    assert [fault[:2] for fault in faults("ann: x\nbob: y\nAnn: z\n")] == [(3, "Q703")]
