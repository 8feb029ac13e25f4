"""Decides what is odd about the rules files themselves: one that may have been cut off, one that nothing uses.

A file beside the main one that nothing uses is no mistake when it is a main file itself: then it says where mail comes
from or goes to, or uses others. Where the main file uses none of its neighbours, nobody expects it to use all.
"""

from __future__ import annotations

import glob
import posixpath
import re
from collections.abc import Callable, Container, Sequence

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.tree import Apply, File, Node, On, Policy, Span, Use

LONG = 20
"""Rules from which on a file should end with `end`."""
_MAIN = re.compile(r"^(?:server|listener|use|on\s+queue)\b", re.MULTILINE)


def may_be_cut_off(file: File, findings: Findings) -> None:
    """A warning for a long file whose last line is not `end`."""
    count = sum(map(_rules, file.statements))
    last = next((number for number, line in reversed([*enumerate(file.lines, 1)]) if line.split("#")[0].strip()), 0)
    if file.ended or count < LONG or file.lines[last - 1].split()[0] == "end":
        return
    findings.add(
        "Q623",
        Span(file.name, last, 1, last, len(file.lines[last - 1].rstrip()) + 1),
        f"this is the last line of a file with {count} rules, and it is not `end`",
        why="a copy that was cut off looks like a whole file: `end` shows that nothing is missing",
        help="write `end` as the last line",
    )


def _rules(node: Node) -> int:
    match node:
        case On():
            return len(node.body)
        case Apply():
            return 1
        case Policy():
            return sum(map(_rules, node.body))
    return 0


def left_out(
    main: str,
    uses: Sequence[Use],
    used: Container[str],
    *,
    matching: Callable[[str], Sequence[str]],
    read: Callable[[str], bytes],
    findings: Findings,
) -> None:
    """A warning for each rules file beside the main one that nothing uses, where its neighbours are used."""
    folder = posixpath.dirname(main)
    beside = [use for use in uses if not use.path and use.target.endswith(".q") and not posixpath.dirname(use.target)]
    if not beside:
        return
    for path in sorted(map(posixpath.normpath, matching(posixpath.join(glob.escape(folder), "*.q")))):
        if path in used or path.endswith(".test.q") or path == posixpath.normpath(main) or _is_main(path, read):
            continue
        name = posixpath.basename(path)
        findings.add(
            "Q622",
            beside[-1].span,
            f'beside this file stands "{name}", and no rules use it',
            why="its rules do nothing, though they look as if they did",
            help=f'write `use "{name}"`, or let its name end in something else than `.q`',
        )


def _is_main(path: str, read: Callable[[str], bytes]) -> bool:
    try:
        return _MAIN.search(read(path).decode("utf-8", "replace")) is not None
    except OSError:
        return True
