"""Decides what the tests of rules mean, and what is wrong with them: they are checked with the rules and never run here.

What `expect` reads is what the last hook that its test has reached could read. Declarations of a file of tests are
seen by tests alone, so that rules mean the same where no test is looked at.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.answers import given
from qpsmtpd.dsl.check.book import Book, Scope
from qpsmtpd.dsl.check.constants import constant
from qpsmtpd.dsl.check.doubt import typed_block
from qpsmtpd.dsl.check.flow import parts
from qpsmtpd.dsl.check.operators import condition
from qpsmtpd.dsl.check.pending import Hooks, with_enforcement
from qpsmtpd.dsl.check.places import known_hook
from qpsmtpd.dsl.check.placing import Placing, words_in
from qpsmtpd.dsl.check.shadowing import second_meaning
from qpsmtpd.dsl.check.steps import command, known_label, moment
from qpsmtpd.dsl.check.trials import Command, Expect, Fired, Message, Step, Trial, Wait
from qpsmtpd.dsl.check.typed import Block
from qpsmtpd.dsl.diagnostics.findings import Note
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.model.types import ERROR
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

_HOOKS = {"client": "connect", "helo": "helo", "ehlo": "helo", "mail": "mail", "rcpt": "rcpt", "data": "queue_post"}
"""The hook that is reached last when all goes well with a step."""
ALONE = "test"
"""The listener of a test of policies alone."""


def trials(rules: Sequence[tree.TopLevel], beside: Sequence[tree.TopLevel], book: Book) -> tuple[Trial, ...]:
    """The tests in the rules and in the files beside them, as far as they could be understood."""
    labels = _labels(rules, book)
    apart = _declared(beside, book)
    inside, outside = [test for test in _tests(rules) if not _shipped(test, book)], _tests(beside)
    _twice([*inside, *outside], book)
    made = [_Reading(Scope(book, variables=book.variables), labels).test(test) for test in inside]
    made += [_Reading(Scope(apart, variables=book.variables), labels).test(test) for test in outside]
    _count(words_in([*inside, *beside]), book)
    return tuple(trial for trial in made if trial is not None)


def used_in_tests(rules: Sequence[tree.TopLevel], book: Book) -> None:
    """Counts what tests name as used, without a look at what they mean."""
    _count(words_in(_tests(rules)), book)


def _tests(statements: Sequence[tree.TopLevel]) -> list[tree.Test]:
    return [statement for statement in statements if isinstance(statement, tree.Test)]


def _shipped(test: tree.Test, book: Book) -> bool:
    """True for tests that came with a shipped file: they are for that file alone, not for the rules that use it."""
    return book.shipped.has(test.span.file) and not book.shipped.has(book.main)


def _count(named: frozenset[str], book: Book) -> None:
    book.used_lets |= named & book.lets.keys()
    book.used_defines |= named & book.defines.keys()
    book.used_vars |= {book.variables[name].code for name in named & book.variables.keys()}


def _labels(rules: Sequence[tree.TopLevel], book: Book) -> frozenset[str]:
    """Every label in the rules, and in the shipped policies that they apply."""
    pending: list[Any] = [s for s in rules if not isinstance(s, tree.Test)]
    pending += [policy for name in book.used_policies if (policy := book.policies.get(name) or book.shipped.policy(name))]
    found = set()
    while pending:
        node = pending.pop()
        if isinstance(node, tree.Label):
            found.add(node.name.text)
        elif isinstance(node, list | tuple):
            pending += node
        elif isinstance(node, tree.Node):
            pending += [getattr(node, f.name) for f in dataclasses.fields(node) if f.name != "span"]
    return frozenset(found)


def _declared(beside: Sequence[tree.TopLevel], book: Book) -> Book:
    """The book with what the files of tests declare besides."""
    apart = replace(book, lets={**book.lets}, defines={**book.defines}, constants={**book.constants})
    for statement in beside:
        if isinstance(statement, tree.Let) and not second_meaning(statement.name, apart):
            apart.lets[statement.name.text] = statement
        elif isinstance(statement, tree.Define) and not second_meaning(statement.name, apart):
            apart.defines[statement.name.text] = statement
    for name in apart.lets.keys() - book.lets.keys():
        constant(name, apart.lets[name].name.span, apart)
    return apart


def _twice(tests: Sequence[tree.Test], book: Book) -> None:
    first: dict[str, Span] = {}
    for test in tests:
        name = str(test.name.value)
        if name in first:
            notes = [Note(first[name], "here is the other one")]
            message = f'two tests are called "{name}"'
            book.findings.add("Q809", test.name.span, message, why="a report could not tell them apart", notes=notes)
        first.setdefault(name, test.name.span)


class _Reading:
    """One test while it is read."""

    def __init__(self, scope: Scope, labels: frozenset[str]) -> None:
        self._scope = scope
        self._labels = labels
        self._hook = ""
        """The hook that was reached last."""

    def test(self, test: tree.Test) -> Trial | None:
        applied = [step for step in test.steps if isinstance(step, tree.Apply)]
        alone = self._alone(applied) if applied else None
        steps = [self._step(step) for step in test.steps if not isinstance(step, tree.Apply)]
        if not self._scope.book.listeners and not applied:
            why = "they only declare what other rules use"
            help = "begin the test with the policy that it is about: `apply NAME(…)`"
            self._scope.findings.add("Q802", test.name.span, "these rules listen nowhere", why=why, help=help)
        if not any(_expects(step) for step in test.steps) and not self._broken(test):
            self._scope.findings.add(
                "Q805",
                test.name.span,
                "this test expects nothing",
                why="it can only fail when a lookup has no answer",
                help="say what shall come of it: `rcpt … -> deny`, or `expect …`",
            )
        good = [step for step in steps if step is not None]
        return Trial(test.span, str(test.name.value), tuple(good), alone) if len(good) == len(steps) else None

    def _alone(self, applied: Sequence[tree.Apply]) -> Hooks:
        """The rules that these lines put in place, for a listener of the test's own."""
        book = self._scope.book
        for apply in applied:
            if apply.listeners:
                message = "a test applies a policy for its own client"
                self._scope.findings.add("Q802", apply.listeners[0].span, message, help="leave `at …` away")
        hooks: dict[str, tuple[Block, ...]] = {}
        for placed in Placing(book).blocks([replace(apply, listeners=()) for apply in applied], frozenset({ALONE})):
            for hook in dict.fromkeys(name.text for name in placed.on.hooks if known_hook(name, book.findings)):
                hooks[hook] = (*hooks.get(hook, ()), typed_block(placed, hook, False, book)[0])
        return with_enforcement(hooks)

    def _broken(self, test: tree.Test) -> bool:
        """True when lines of it were not understood: what it expects may have stood there."""
        first, last = test.span.line, test.span.end_line
        return any(f.file == test.span.file and first <= f.line <= last for f in self._scope.findings.sorted())

    def _step(self, node: tree.Given | tree.Command | tree.AtTime | tree.Expect) -> Step | None:
        match node:
            case tree.Given():
                return given(node, self._scope)
            case tree.AtTime():
                return moment(node, self._scope)
            case tree.Expect(value=None, fired=label) if label is not None:
                return Fired(node.span, known_label(label, self._scope, self._labels))
            case tree.Expect(value=value) if value is not None:
                return self._expect(value, node)
            case tree.Command():
                return self._command(node)
        return None

    def _command(self, node: tree.Command) -> Step | None:
        step = command(node, self._scope, self._labels)
        if not self._hook and isinstance(step, Command | Message):
            help = 'write `client 192.0.2.1 "host.example.net"` before it'
            self._scope.findings.add("Q802", node.name.span, "there is no client yet who could say this", help=help)
        if not isinstance(step, Wait):  # a faulty one may have been the client
            self._hook = _HOOKS.get(node.name.text, self._hook or "connect")
        return step

    def _expect(self, value: tree.Expression, node: tree.Expect) -> Step | None:
        hook = self._hook
        if not hook:
            self._scope.findings.add("Q802", node.span, "nothing has happened yet", help="`expect` stands behind a step")
            return None
        expected = condition(value, replace(self._scope, hook=hook, rule=f"{node.span.file}:{node.span.line}"))
        if expected.type == ERROR:
            return None
        since = [part.name.since for part in parts(expected) if isinstance(part, typed.Read)]
        return Expect(node.span, expected, max(since, key=ORDER.index, default=ORDER[0]))


def _expects(step: object) -> bool:
    return isinstance(step, tree.Expect) or (isinstance(step, tree.Command) and step.expected is not None)
