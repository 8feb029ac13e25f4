"""Decides whether a pattern that the rules write between slashes can be used, and whether it can be meant as it stands."""

from __future__ import annotations

from dataclasses import replace

from qpsmtpd.dsl.check.book import Scope, faulty
from qpsmtpd.dsl.check.patterns import BadPattern, bare_dot, compile_pattern, matches_everything, upper_case_letter
from qpsmtpd.dsl.check.typed import Const, Expr
from qpsmtpd.dsl.check.wording import spelled
from qpsmtpd.dsl.model.types import PATTERN
from qpsmtpd.dsl.syntax.tree import Literal, Span


def written_pattern(node: Literal, scope: Scope) -> Const:
    """The pattern as a value; one that the engine does not take is a finding at the place of the fault."""
    text, flags = node.value
    try:
        compiled = compile_pattern(text, flags)
    except BadPattern as error:
        fault = error.fault
        span = _part(node, fault.start, fault.length)
        scope.findings.add("Q402", span, f"this pattern cannot be used: {fault.message}", why=fault.why, help=fault.help)
        return faulty(node.span)
    if matches_everything(compiled, text):
        message = "this pattern matches every text"
        why = "it is content with nothing at all"
        scope.findings.add("Q616", node.span, message, why=why, help="write `+` instead of `*` where something has to be there")
    return Const(node.span, PATTERN, compiled)


def put_to_names(node: Literal, text: Expr, scope: Scope) -> None:
    """What is wrong with a pattern that a name is put to: a domain or HELO, which are in lower case and have dots in them."""
    pattern, flags = node.value
    letter = upper_case_letter(pattern, flags)
    if letter:
        scope.findings.add(
            "Q402",
            node.span,
            f'this pattern can never match: it wants a capital "{letter}", and `{spelled(text)}` is always in lower case',
            help=f"write `{node.raw}i`, or write the pattern in lower case",
        )
    dot = bare_dot(pattern)
    if dot is not None and not letter:
        scope.findings.add(
            "Q617",
            _part(node, dot, 1),
            "this dot stands for any character",
            why="in a pattern only `\\.` is the dot itself; and a pattern is found inside of longer names, too",
            help='write `\\.`; or ask for the domain and those below it by a list: `in ["example.org", ".example.org"]`',
        )


def _part(node: Literal, start: int, length: int) -> Span:
    """The place of a part of the pattern; all of it where the part has no length. A `\\/` in the file is one character here."""
    span, text = node.span, node.value[0]
    if not length or span.line != span.end_line:
        return span
    column = span.column + 1 + start + text.count("/", 0, start)
    return replace(span, column=column, end_column=column + length)
