"""Text in, tree out: the stages of reading a rules file, in order."""

from __future__ import annotations

from qpsmtpd.dsl.diagnostics.allow_comments import HINT, read_allows
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax.comments import comments
from qpsmtpd.dsl.syntax.layout import layout
from qpsmtpd.dsl.syntax.read import Reader
from qpsmtpd.dsl.syntax.scan import scan
from qpsmtpd.dsl.syntax.text import cleaned, lines_of
from qpsmtpd.dsl.syntax.tokens import Token
from qpsmtpd.dsl.syntax.tree import File


def parse(text: str, name: str, findings: Findings) -> File:
    """The tree of a rules file: of all that could be read, whatever is wrong with the rest.

    Every mistake becomes a finding; nothing is raised. The text's lines are left in `findings.sources`.
    """
    lines = lines_of(text)
    findings.sources[name] = lines
    logical = scan(cleaned(text, name, findings), name, findings)
    if HINT in text:
        read_allows(comments(name, lines, logical), logical[0].tokens[0].line if logical else len(lines) + 1, findings)
    placed = layout(logical, findings)
    end = Token("$END", "", name, max(len(lines), 1), 1, max(len(lines), 1), 1)
    statements, ended = Reader(findings).file(placed, end)
    return File(name, statements, ended, lines)
