"""The words of a rules text by what they are there, as the scanner and the parser see them: what an editor should show.

Only what is beyond doubt is told: a keyword that the text uses as a name is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meta.every_rules_text import RulesText, every_rules_text
from parsed_rules import nodes
from qpsmtpd.dsl.check.steps import COMMANDS
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.builtins import FREE
from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.model.settings import LATER, ListenerSettings, ServerSettings, meanings
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.parse import parse
from qpsmtpd.dsl.syntax.scan import scan
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, VERBS, Token
from qpsmtpd.stdlib import catalogue

_LITERALS = {
    "STRING": "text",
    "PATTERN": "pattern",
    "IP": "address",
    "TIME": "time",
    "NULL_SENDER": "constant",
    "TRUE": "constant",
    "FALSE": "constant",
    "DISCONNECT": "disconnect",
    **dict.fromkeys(("NUMBER", "CODE", "ENHANCED", "DURATION", "SIZE", "RATE"), "number"),
}

_SETTINGS = {*meanings(ServerSettings), *meanings(ListenerSettings), *LATER}


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a line, from a column (counted from 0), and what it is: text, number, keyword, hook, comment, …"""

    line: int
    column: int
    text: str
    kind: str


def rules_texts() -> Iterator[RulesText]:
    """Every text with rules in the repository that can be read."""
    for found in every_rules_text():
        findings = Findings()
        parse(found.text, found.place, findings)
        if not findings.sorted():
            yield found


def words(text: str) -> list[Word]:
    """The words of a text that can be read, and its comments."""
    findings = Findings()
    file = parse(text, "rules.q", findings)
    known = {_place(name.span): kind for name, kind in _names(file)}
    bare = {_place(node.span) for node in nodes(file.statements) if isinstance(node, tree.Name)}
    tokens = [token for line in scan(text, "rules.q", findings) for token in line.tokens]
    told = [word for token in tokens for word in _told(token, known, bare, file.lines)]
    return [*told, *_comments(tokens, file.lines)]


def _told(token: Token, known: dict[tuple[int, int], str], bare: set[tuple[int, int]], lines: tuple[str, ...]) -> Iterator[Word]:
    place = (token.line, token.column)
    kind = _LITERALS.get(token.type) or known.get(place)
    if kind is None and token.text in KEYWORDS and place not in bare:
        kind = "keyword"
    for number in range(token.line, token.end_line + 1) if kind else ():
        start = token.column - 1 if number == token.line else 0
        end = token.end_column - 1 if number == token.end_line else len(lines[number - 1])
        yield Word(number, start, lines[number - 1][start:end], str(kind))


def _comments(tokens: list[Token], lines: tuple[str, ...]) -> Iterator[Word]:
    """What no token covers and is not blank."""
    covered = dict.fromkeys(range(1, len(lines) + 1), -1)
    for token in tokens:
        for number in range(token.line, token.end_line + 1):
            end = token.end_column - 1 if number == token.end_line else len(lines[number - 1])
            covered[number] = max(covered[number], end)
    for number, end in covered.items():
        rest = lines[number - 1][max(end, 0) :]
        if rest.strip():
            yield Word(number, len(lines[number - 1]) - len(rest.lstrip()), rest.lstrip(), "comment")


def _place(span: tree.Span) -> tuple[int, int]:
    return span.line, span.column


def _names(file: tree.File) -> Iterator[tuple[tree.Name, str]]:
    """The names whose kind follows from their place in the tree."""
    for node in nodes(file.statements):
        match node:
            case tree.On(hooks=hooks, listeners=listeners):
                yield from ((hook, "hook") for hook in hooks if hook.text in HOOKS)
                yield from ((listener, "listener") for listener in listeners)
            case tree.Apply(listeners=listeners):
                yield from ((listener, "listener") for listener in listeners)
            case tree.Require(before=before) if before.text in HOOKS:
                yield before, "hook"
            case tree.Verdict(verb=verb, at=at):
                yield from ((name, kind) for name, kind in ((verb, "verdict"), (at, "hook")) if name and _sure(name, kind))
            case tree.Call(of=tree.Name() as name):
                yield name, "function" if name.text in {*catalogue(), *FREE, "log"} else "call"
            case tree.Attribute(name=name):
                yield name, "member"
            case tree.Setting(name=name) if name.text in _SETTINGS:
                yield name, "setting"
            case tree.Let(name=name) | tree.Var(name=name) | tree.LocalLet(name=name):
                yield name, "value"
            case tree.Define(name=name) | tree.Policy(name=name):
                yield name, "definition"
            case tree.Listener(name=name):
                yield name, "listener"
            case tree.TypeName(name=name):
                yield name, "type"
            case tree.Command(name=name, listener=listener) if name.text in COMMANDS:
                yield name, "step"
                if listener:
                    yield listener, "listener"
            case tree.Case(values=values):
                yield from ((value, "case") for value in values)
            case tree.Label(name=name):
                yield name, "label"


def _sure(name: tree.Name, kind: str) -> bool:
    return kind != "verdict" or name.text in VERBS
