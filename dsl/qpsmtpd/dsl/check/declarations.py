"""Decides what the top level declares: constants, defines and listeners, each name once and with one meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qpsmtpd.dsl.check.book import Book, Scope, faulty
from qpsmtpd.dsl.check.constants import constant
from qpsmtpd.dsl.check.declared import declared_type
from qpsmtpd.dsl.check.shadowing import KEYWORDS, second_meaning
from qpsmtpd.dsl.check.typed import Const
from qpsmtpd.dsl.check.unsupported import later, unsupported
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.model.types import ERROR
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span


def declare(statements: Sequence[tree.TopLevel], book: Book) -> None:
    """Enters constants and defines in the book, and reports what this version does not run."""
    for statement in statements:
        what = unsupported(statement)
        if what:
            later(book.findings, _head(statement.span, what), what)
        elif isinstance(statement, tree.Let) and _may_have(statement.name, book):
            book.lets.setdefault(statement.name.text, statement)
        elif isinstance(statement, tree.Define) and _may_have(statement.name, book):
            book.defines.setdefault(statement.name.text, statement)
            _params(statement, book)


def _may_have(name: tree.Name, book: Book) -> bool:
    """True when the name is free; a word of the language is refused and still means this, so that its uses are no findings."""
    return not second_meaning(name, book) or name.text in KEYWORDS


def _head(span: Span, what: str) -> Span:
    """The first word of a statement: the whole of a long block would be too much to underline."""
    return Span(span.file, span.line, span.column, span.line, span.column + len(what.strip("`")))


def _params(define: tree.Define, book: Book) -> None:
    seen: set[str] = set()
    for param in define.params:
        if param.name.text in seen:
            book.findings.add("Q206", param.name.span, f"`{define.name.text}` has two parameters `{param.name.text}`")
        second_meaning(param.name, book)
        if isinstance(param.default, tree.Verdict):
            later(book.findings, param.default.span, "a verdict as a value")
        seen.add(param.name.text)


def listeners(statements: Sequence[tree.TopLevel], findings: Findings) -> dict[str, tree.Listener]:
    """The listeners by name, in written order."""
    found: dict[str, tree.Listener] = {}
    for statement in statements:
        if isinstance(statement, tree.Listener):
            name = statement.name
            if name.text in found:
                notes = [Note(found[name.text].name.span, "here it was declared first")]
                findings.add("Q206", name.span, f"there is a listener `{name.text}` already", notes=notes)
            found.setdefault(name.text, statement)
    return found


def work_out(book: Book) -> None:
    """Evaluates the constants, also those that no rule uses."""
    for name, let in book.lets.items():
        constant(name, let.name.span, book)


def check_unused(book: Book) -> None:
    """Reports what no rule uses; and what is wrong with such a define: what would be found in the hook that suits it best."""
    for name, define in book.defines.items():
        if name in book.used_defines or book.too_large:
            continue
        trials = [_trial(define, hook.name, book) for hook in HOOKS.values() if hook.supported]
        best = min(trials, key=lambda findings: len(findings.sorted()))
        for finding in best.sorted():
            parts = {"why": finding.why, "allowed": finding.allowed, "help": finding.help}
            book.findings.add(finding.code, finding.span, finding.message, notes=finding.notes, **parts)
    _report_unused(book)


def _report_unused(book: Book) -> None:
    """Only where all else is well: a rule that is not understood uses what it names all the same."""
    if book.findings.errors:
        return
    unused: list[tuple[tree.Let | tree.Define, str]] = [(book.lets[name], "let") for name in book.lets.keys() - book.used_lets]
    unused += [(book.defines[name], "define") for name in book.defines.keys() - book.used_defines]
    for declared, what in unused:
        message = f"`{what} {declared.name.text}` is never used"
        book.findings.add("Q602", declared.name.span, message, help="use it, or take it away")


def _trial(define: tree.Define, hook: str, book: Book) -> Findings:
    apart = replace(book, findings=Findings(), used_defines=set())
    values = {p.name.text: _stand_in(p, apart) for p in define.params}
    Scope(apart, hook, values, defines=(define.name.text,)).typed(define.value)
    return apart.findings


def _stand_in(param: tree.Param, book: Book) -> Const:
    kind = declared_type(param.type, book) if param.type else ERROR
    return replace(faulty(param.span), type=kind, source=param.name.text)
