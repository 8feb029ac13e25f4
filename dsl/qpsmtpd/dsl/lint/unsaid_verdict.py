"""Q613: a verdict that was kept for a hook (`deny at rcpt`) is lost on some way through that hook.

`enforce` says it. What ends the hook with a positive verdict before, or goes around, lets the client escape. Clients
that relay, are trusted or have authenticated escape by design: for them the verdict is dropped. So does whoever meets a
`skip`: there is no other reason to write one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import blocks_with, branches, parts
from qpsmtpd.dsl.check.reached import place, reached, settled
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.model.functions import OnError
from qpsmtpd.dsl.model.verdicts import Verb
from qpsmtpd.dsl.syntax.tree import Span

Path = tuple[Note, ...]
_POSITIVE = (Verb.ACCEPT, Verb.DISCARD, Verb.QUARANTINE)
_DROPPED = frozenset({"s.relay", "s.trusted", "s.authenticated"})
"""When one of these is true, nothing is said."""


def look(rules: x.TypedRules, findings: Findings) -> None:
    """A warning for each place at which a kept verdict is lost."""
    keeping = blocks_with(rules, lambda statement: isinstance(statement, x.Decide) and bool(statement.at))
    for listener in rules.listeners:
        for hook, kept in _kept(listener, keeping).items():
            if hook not in listener.in_doubt:
                _hook(hook, kept, listener, findings)


def _kept(listener: x.TypedListener, keeping: frozenset[int]) -> Mapping[str, x.Decide]:
    """For each hook for which these rules keep verdicts, the first of them."""
    first: dict[str, x.Decide] = {}
    for blocks in listener.hooks.values():
        if not keeping.isdisjoint(map(id, blocks)):
            for here in reached(blocks, listener.name):
                verdict = here.statement
                if isinstance(verdict, x.Decide) and verdict.at and not here.shadow:
                    first.setdefault(verdict.at, verdict)
    return first


def _hook(hook: str, kept: x.Decide, listener: x.TypedListener, findings: Findings) -> None:
    blocks = listener.hooks.get(hook, ())
    walk = _Walk(listener.name)
    path: Path | None = ()
    for block in blocks:
        walk.block = block
        path = walk.through(block.body, path)
    note = Note(kept.span, "this verdict is kept")
    said = f"`{kept.verb.value} at {hook}`"
    for span, verdict, way in walk.lost:
        findings.add(
            "Q613",
            span,
            f"a verdict kept by {said} is lost here: this `{verdict.verb.value}` ends `{hook}` before `enforce`",
            why="whoever gets here escapes, though a rule has decided to refuse",
            help="put `enforce` above it",
            notes=[note, *way],
        )
    if path is not None:
        findings.add(
            "Q613",
            walk.enforce or kept.span,
            f"a verdict kept by {said} is lost where the rules of `{hook}` pass by `enforce`",
            why=f"with an `enforce` in the rules, nothing but `enforce` says the verdict, and `{hook}` can end without meeting it",
            help=f"write `enforce` in `{hook}` outside of all conditions",
            notes=[note, *path],
        )


@dataclass(slots=True)
class _Walk:
    """One walk through a hook, on ways on which a kept verdict has not been said; None is for no such way."""

    listener: str
    block: x.Block = field(init=False)
    enforce: Span | None = None
    lost: list[tuple[Span, x.Decide, Path]] = field(default_factory=list)

    def through(self, body: Sequence[x.Stmt], path: Path | None) -> Path | None:
        for statement in body:
            if path is not None:
                path = self._step(statement, path)
        return path

    def _step(self, statement: x.Stmt, path: Path) -> Path | None:
        match statement:
            case x.Enforce():
                self.enforce = self.enforce or place(statement.span, self.block)
                return None
            case x.Decide() if statement.final:
                if statement.verb in _POSITIVE:
                    self.lost.append((place(statement.span, self.block), statement, path))
                return None
            case x.Choose():
                return self._choose(statement, path)
            case x.Match():
                step = (*path, Note(statement.subject.span, "this has a value that leads here"))
                ways = [self.through(body, step) for body in branches(statement)]
                return _shortest(ways)
        return path

    def _choose(self, choose: x.Choose, path: Path) -> Path | None:
        answer = settled(choose.condition, self.listener)
        ways: list[Path | None] = []
        for truth, word, body in ((True, "true", choose.then), (False, "false", choose.orelse)):
            if answer in (None, truth) and not _drops(choose.condition, truth):
                ways.append(self.through(body, (*path, Note(choose.condition.span, f"this is {word}"))))
        policies = {part.function.on_error for part in parts(choose.condition) if isinstance(part, x.FunctionCall)}
        if OnError.UNKNOWN in policies or (choose.unknown is not None and OnError.DEFER in policies):
            step = Note(choose.condition.span, "this cannot be answered")
            ways.append(self.through(choose.unknown or (), (*path, step)))
        return _shortest(ways)


def _drops(condition: x.Expr, truth: bool) -> bool:
    """True when no verdict can be waiting, or none is said any more, once the condition is `truth`."""
    match condition:
        case x.Not():
            return _drops(condition.operand, not truth)
        case x.And() | x.Or():
            sides = (_drops(condition.left, truth), _drops(condition.right, truth))
            return any(sides) if truth is isinstance(condition, x.And) else all(sides)
        case x.Read(name=row):
            return row.code in _DROPPED if truth else row.code == "s.pending"
    return False


def _shortest(ways: Sequence[Path | None]) -> Path | None:
    """Of the ways that end up at the same place one is enough, to tell of and to go on from."""
    return min((way for way in ways if way is not None), key=len, default=None)
