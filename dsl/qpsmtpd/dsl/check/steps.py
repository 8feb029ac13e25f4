"""Decides what the commands of a test mean: which there are, what stands behind each, and what may answer it.

Whether a command is allowed at its place in the dialogue is not asked here: the engine answers that when the test runs.
"""

from __future__ import annotations

import inspect
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from qpsmtpd.dsl.check import literals
from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.literals import Malformed
from qpsmtpd.dsl.check.places import known_listener
from qpsmtpd.dsl.check.trials import Command, Connect, Message, Moment, Step, Wait, Wanted
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.verdicts import CLASS, Verb
from qpsmtpd.dsl.syntax import tree

_Word = tree.Expression


@dataclass(frozen=True, slots=True)
class Taken:
    """One thing that stands behind a command: what it is called, and what reads it (raises Malformed)."""

    what: str
    read: Callable[[_Word], str]
    optional: bool = False
    many: bool = False


def _text(node: _Word) -> str:
    if not isinstance(node, tree.Literal) or node.kind != "text":
        raise Malformed("it must be a text", 'a text stands in quotes: "…"')
    if any(c in node.value for c in "\r\n"):
        raise Malformed("a command is one line", "text of several lines stands behind `data`")
    return str(node.value)


def _ip(node: _Word) -> str:
    text = node.text if isinstance(node, tree.Name) else _text(node)
    literals.ip(text)
    return text


def _host(node: _Word) -> str:
    return str(literals.domain(_text(node)))


def _path(node: _Word) -> str:
    """A mailbox as it stands between `<` and `>`; nothing for the null sender. `postmaster` needs no domain (RFC 5321 4.5.1)."""
    if isinstance(node, tree.Literal) and node.kind == "null_sender":
        return ""
    text = _text(node)
    if text.lower() == "postmaster":
        return text
    found = literals.address(text)
    return text if text.isascii() else found.text


def _user(node: _Word) -> str:
    return node.text if isinstance(node, tree.Name) else _text(node)


_ONE = Taken("a text", _text)
_MAY_BE = Taken("a text", _text, optional=True)
_PARAMETERS = Taken('parameters like "SIZE=1000"', _text, many=True)
COMMANDS: Mapping[str, tuple[Taken, ...]] = {
    "client": (Taken("an IP address", _ip), Taken("the name that the DNS gives it", _host, optional=True)),
    "helo": (_ONE,),
    "ehlo": (_ONE,),
    "tls": (),
    "auth": (Taken("the name of a user", _user),),
    "mail": (Taken("an address, or `<>`", _path), _PARAMETERS),
    "rcpt": (Taken("an address", _path), _PARAMETERS),
    "data": (Taken('the message as a text, or `file("x.eml")`', _text),),
    "rset": (),
    "noop": (_MAY_BE,),
    "vrfy": (_ONE,),
    "help": (_MAY_BE,),
    "quit": (),
    "say": (Taken("a whole line", _text),),
    "wait": (Taken("a duration", _text),),
}
"""What a test can do, and what stands behind each word. `given`, `expect` and `at TIME` have forms of their own."""

_VERBS = (Verb.ACCEPT, Verb.DENY, Verb.DEFER, Verb.DISCARD, Verb.QUARANTINE, Verb.REPLY)


def command(node: tree.Command, scope: Scope, labels: frozenset[str]) -> Step | None:
    """The step; None after a finding."""
    name = node.name.text
    if name not in COMMANDS:
        known = [*COMMANDS, "given", "expect", "at"]
        scope.findings.add(
            "Q801", node.name.span, f"a test has no step `{name}`", allowed=words(known), help=suggestion(name, known)
        )
        return None
    answer = _wanted(node, scope, labels)
    if not _listener(node, scope):
        return None
    if name == "wait":
        return _wait(node, scope)
    if name == "data":
        return _data(node, scope, answer)
    read = _read(node, COMMANDS[name], scope)
    if read is None:
        return None
    if name == "client":
        listener = node.listener.text if node.listener else next(iter(scope.book.listeners), "")
        return Connect(node.span, read[0], read[1] if len(read) > 1 else "", listener, answer)
    return Command(node.span, name, tuple(read), answer)


def _listener(node: tree.Command, scope: Scope) -> bool:
    written = node.listener
    if written is None or node.name.text == "client":
        return written is None or known_listener(written, scope.book.listeners, scope.findings)
    message = f"`{node.name.text}` is said at the listener where the client is"
    scope.findings.add("Q802", written.span, message, help=f"write `client … at {written.text}`")
    return False


def _read(node: tree.Command, taken: Sequence[Taken], scope: Scope) -> list[str] | None:
    read: list[str] = []
    for place, word in enumerate(node.words):
        last = taken[-1] if taken else None
        each = taken[place] if place < len(taken) else last if last is not None and last.many else None
        if each is None:
            scope.findings.add(
                "Q802", word.span, f"this is too much behind `{node.name.text}`", allowed=_form(node.name.text, taken)
            )
            return None
        try:
            read.append(each.read(word))
        except Malformed as error:
            message = f"`{node.name.text}` takes {each.what}: {error}"
            scope.findings.add("Q802", word.span, message, help=error.remedy)
            return None
    needed = [each for each in taken if not (each.optional or each.many)]
    if len(read) < len(needed):
        missing = needed[len(read)].what
        scope.findings.add("Q802", node.name.span, f"`{node.name.text}` needs {missing}", allowed=_form(node.name.text, taken))
        return None
    return read


def _form(name: str, taken: Sequence[Taken]) -> str:
    return f"`{name}` takes {', then '.join(each.what for each in taken)}" if taken else f"`{name}` stands alone"


def _wait(node: tree.Command, scope: Scope) -> Step | None:
    word = node.words[0] if len(node.words) == 1 else None
    if isinstance(word, tree.Literal) and word.kind == "duration":
        return Wait(node.span, float(word.value))
    scope.findings.add("Q802", node.span, "`wait` needs a duration", help="write `wait 5m`")
    return None


def _data(node: tree.Command, scope: Scope, answer: Wanted | None) -> Step | None:
    word = node.words[0] if len(node.words) == 1 else None
    if isinstance(word, tree.Literal) and word.kind == "text":
        text = inspect.cleandoc(word.value) if word.raw.startswith('"""') else str(word.value)
        return Message(node.span, text.encode(), answer)
    if isinstance(word, tree.Call) and isinstance(word.of, tree.Name) and word.of.text == "file":
        return _file(node, word, scope, answer)
    scope.findings.add("Q802", node.span, f"`data` needs {COMMANDS['data'][0].what}")
    return None


def _file(node: tree.Command, word: tree.Call, scope: Scope, answer: Wanted | None) -> Step | None:
    named = word.arguments[0].value
    text = str(named.value) if isinstance(named, tree.Literal) else ""
    sources = scope.book.sources
    path = sources.own_path(text, node.span.file)
    try:
        return Message(node.span, sources.aside(path), answer)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        scope.findings.add(
            "Q808",
            word.span,
            f'the message "{text}" cannot be read: {reason}',
            why=f"it was looked for as {posixpath.normpath(path)}",
            help="name it by its path from the folder of this file",
        )
        return None


def moment(node: tree.AtTime, scope: Scope) -> Moment | None:
    """`at TIME`; None after a finding."""
    try:
        return Moment(node.span, datetime.fromisoformat(node.time).astimezone(UTC).timestamp())
    except ValueError:
        scope.findings.add("Q802", node.span, f"`{node.time}` is no time", help="write it as `at 2026-01-31T12:00:00Z`")
        return None


# --- what answers a step


def _wanted(node: tree.Command, scope: Scope, labels: frozenset[str]) -> Wanted | None:
    """What stands behind `->`; None when nothing does, or after a finding."""
    said = node.expected
    if said is None:
        return None
    verb = next((v for v in _VERBS if v.value == said.verb.text), None)
    fault = _fault(node, said, verb)
    if fault is not None:
        scope.findings.add(
            "Q804", said.span, fault[0], why=fault[1], allowed=words(v.value for v in _VERBS) if verb is None else ""
        )
        return None
    assert verb is not None
    rule = known_label(node.by, scope, labels) if node.by else ""
    return Wanted(
        said.span,
        verb,
        int(said.code.raw) if said.code else 0,
        said.enhanced.raw if said.enhanced else "",
        str(said.message.value) if said.message else "",
        said.disconnect,
        rule,
    )


def _fault(node: tree.Command, said: tree.Verdict, verb: Verb | None) -> tuple[str, str] | None:
    name = said.verb.text
    if node.name.text == "wait":
        return "nothing answers `wait`", ""
    if verb is None:
        return f"no step is answered by `{name}`", ""
    if said.at is not None:
        return f"a step is answered when it is said, not at `{said.at.text}`", "a verdict that was kept is seen where it is said"
    if said.code is not None and not said.code.raw.isdecimal():
        return f"`{said.code.raw}` is no reply code", "reply codes have three digits, as 550; enhanced ones look like 5.7.1"
    right = {str(CLASS[verb]), *("3" if verb is Verb.ACCEPT else "")} if verb in CLASS else set("2345")
    for literal in (said.code, said.enhanced):
        if literal is not None and literal.raw[0] not in right:
            return f"`{name}` never has the code {literal.raw}", f"its codes begin with {CLASS[verb]}"
    return None


def known_label(label: tree.Label, scope: Scope, labels: frozenset[str]) -> str:
    """The label's name, an unknown one after a finding."""
    name = label.name.text
    if name not in labels:
        help = suggestion(name, labels) or "a rule gets a label by `@NAME` above or before it"
        scope.findings.add("Q806", label.span, f"no rule has the label `@{name}`", help=help)
    return name
