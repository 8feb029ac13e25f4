"""Formats a rules file: the same rules and comments in the one form that they are kept in.

Only blanks, tabs and line ends change: lines of code stay lines, texts and comments are left as written. Which blanks
stand in a line is decided in format_spacing.py, how deep lines stand in format_rows.py, what is aligned in
format_columns.py. Formatting what is formatted changes nothing. Must not know what rules mean.
"""

from __future__ import annotations

from collections.abc import Sequence

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.format_columns import text_of
from qpsmtpd.dsl.syntax.format_rows import rows
from qpsmtpd.dsl.syntax.layout import Placed, layout
from qpsmtpd.dsl.syntax.read import Reader
from qpsmtpd.dsl.syntax.scan import scan
from qpsmtpd.dsl.syntax.text import cleaned, lines_of
from qpsmtpd.dsl.syntax.tokens import Token


def formatted(text: str, name: str, findings: Findings) -> str:
    """The text in its one form. A text that does not parse is given back as it is, and `findings` say what is wrong with it.

    Raises AssertionError rather than give back a text that says something else: that would be a fault of ours.
    """
    clean = cleaned(text, name, findings)
    lines = findings.sources[name] = lines_of(clean)
    placed = layout(scan(clean, name, findings), findings)
    reader = Reader(findings)
    reader.file(placed, Token("$END", "", name, max(len(lines), 1), 1, max(len(lines), 1), 1))
    if findings.errors:
        return text
    result = text_of(rows(lines, placed, reader.names))
    again = layout(scan(result, name, findings), findings)
    if findings.errors or _said(again) != _said(placed) or "".join(result.split()) != "".join(clean.split()):
        raise AssertionError(f"formatting {name} would change what it says")
    return result


def _said(placed: Sequence[Placed]) -> list[object]:
    """What the parser sees of the lines: kinds of tokens, values and blocks, without their places."""
    return [([(token.type, token.value) for token in line.tokens], _said(line.block)) for line in placed]
