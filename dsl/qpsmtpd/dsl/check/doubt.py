"""Decides of which hooks the model may lack rules because of findings: of those nothing is proved, and nothing held against them.

A rule that was not understood may have been the gate or the delivery; to report these as missing would be a second
finding for one mistake. Only errors cast doubt, so rules in doubt never run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qpsmtpd.dsl.check.book import Book
from qpsmtpd.dsl.check.placing import Placed
from qpsmtpd.dsl.check.statements import block
from qpsmtpd.dsl.check.typed import Block
from qpsmtpd.dsl.diagnostics.findings import NEVER_SILENT, Finding, Findings
from qpsmtpd.dsl.diagnostics.suggest import did_you_mean
from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.syntax import tree

EVERY_HOOK = frozenset(HOOKS)


def unread(found: Sequence[tree.TopLevel], findings: Findings) -> frozenset[str]:
    """The hooks that may have lost rules while the files were read: call it before anything else is checked."""
    blocks = [on for statement in found for on in _blocks(statement)]
    errors = (finding for finding in findings.sorted() if finding.severity == "error" and finding.code != NEVER_SILENT)
    lost = [_around(finding, blocks) for finding in errors]
    return frozenset().union(*lost)


def _blocks(statement: tree.TopLevel) -> Sequence[tree.On]:
    inside = statement.body if isinstance(statement, tree.Policy) else (statement,)
    return [each for each in inside if isinstance(each, tree.On)]


def _around(finding: Finding, blocks: Sequence[tree.On]) -> frozenset[str]:
    for on in blocks:
        if on.span.file == finding.file and on.span.line <= finding.line <= on.span.end_line:
            return frozenset(name.text for name in on.hooks)
    return EVERY_HOOK


def misplaced(on: tree.On, listeners: Sequence[str]) -> Iterator[str]:
    """The hooks that an `on` line with a misspelt hook or listener was meant for."""
    for name in on.hooks:
        if name.text not in HOOKS:
            yield did_you_mean(name.text, HOOKS) or ""
        elif any(place.text not in listeners for place in on.listeners):
            yield name.text


def typed_block(placed: Placed, hook: str, sure_user: bool, book: Book) -> tuple[Block, bool]:
    """The rules of a block in a hook, and whether something in them was not understood."""
    apart = replace(book, findings=book.findings.apart(), used_faulty=False)
    made = block(placed, hook, sure_user, apart)
    book.findings.take(apart.findings)
    return made, apart.used_faulty or apart.findings.errors
