"""The rules that are in effect: for each listener and hook its blocks in order, `apply` and `use` put in place.

Every line comes with the place where it is written, every parameter and setting with the place of its value. Nothing is
worked out here: the text is that of the files.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.check.surroundings import seen_from
from qpsmtpd.dsl.check.typed import Application, Block, Enforce, TypedListener, TypedRules
from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

Lines = Mapping[str, Sequence[str]]
"""The lines of each file."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of rules, or a value, with its place (`rules.q:12`)."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownApply:
    """An `apply` line and the values of the policy's parameters; `default` says where no value is given."""

    line: Line
    policy: str
    values: tuple[tuple[str, Line, bool], ...]


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """An `on` block: the `apply` lines that have brought it, outermost first, and its text."""

    hook: str
    applied: tuple[ShownApply, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ShownListener:
    """A listener: its settings as written, and its blocks by hook in the order in which they run."""

    name: str
    settings: tuple[Line, ...]
    blocks: tuple[ShownBlock, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A whole rules file as it is in effect."""

    settings: tuple[Line, ...]
    declared: tuple[Line, ...]
    listeners: tuple[ShownListener, ...]


def show(rules: TypedRules, lines: Lines, main: str, *, shipped: str = "", hook: str = "", at: str = "") -> Shown:
    """What is in effect, of one hook or listener only where named.

    `main` is the rules file from which places are seen, `shipped` the folder of the shipped ones.
    """
    view = _View(lines, main, shipped)
    listeners = tuple(view.listener(each, rules, hook) for each in rules.listeners if at in ("", each.name))
    if hook or at:
        return Shown((), (), listeners)
    servers = [s for each in rules.statements if isinstance(each, tree.Server) for s in each.settings]
    named = (tree.Let, tree.Var, tree.Define, tree.Require)
    declared = tuple(view.whole(each.span) for each in rules.statements if isinstance(each, named))
    return Shown(tuple(view.whole(s.span) for s in servers), declared, listeners)


class _View:
    """Reads the text of spans."""

    def __init__(self, lines: Lines, main: str, shipped: str) -> None:
        self._lines = lines
        self._main = main
        self._shipped = shipped

    def listener(self, listener: TypedListener, rules: TypedRules, hook: str) -> ShownListener:
        written = (s for s in rules.statements if isinstance(s, tree.Listener) and s.name.text == listener.name)
        settings = tuple(self.whole(setting.span) for each in written for setting in each.settings)
        hooks = [name for name in HOOKS if name in listener.hooks and hook in ("", name)]
        return ShownListener(listener.name, settings, tuple(self._block(n, b) for n in hooks for b in listener.hooks[n]))

    def _block(self, hook: str, block: Block) -> ShownBlock:
        if len(block.body) == 1 and isinstance(block.body[0], Enforce) and block.body[0].span == block.span:
            place = self._place(block.span, block.span.line)
            return ShownBlock(hook, (), (Line(place, "(the verdict that was kept for this hook is said here)"),))
        return ShownBlock(hook, tuple(map(self._apply, block.applied)), tuple(self._text(block.span)))

    def _apply(self, applied: Application) -> ShownApply:
        values = tuple((name, self.whole(span), default) for name, span, default in applied.values)
        return ShownApply(self.whole(applied.span), applied.policy, values)

    def whole(self, span: Span) -> Line:
        """The text of a span in one line."""
        text = " ".join(line.text.strip() for line in self._text(span))
        return Line(self._place(span, span.line), text)

    def _text(self, span: Span) -> Iterator[Line]:
        lines = list(self._lines.get(span.file, ())[span.line - 1 : span.end_line])
        if not lines:
            return
        if span.end_line > span.line and span.end_column == 1:
            lines.pop()
        else:
            last = span.end_column - 1 if span.end_line == span.line else len(lines[-1])
            lines[-1] = lines[-1][:last]
        lines[0] = " " * (span.column - 1) + lines[0][span.column - 1 :]
        for number, line in enumerate(textwrap.dedent("\n".join(lines)).split("\n"), span.line):
            if line.strip():
                yield Line(self._place(span, number), line.rstrip())

    def _place(self, span: Span, line: int) -> str:
        return f"{seen_from(self._main, span.file, self._shipped)}:{line}"


def render(shown: Shown) -> str:
    """The listing as text, places in the first column. Ends with a newline."""
    rows = [*_section("settings", shown.settings), *_section("declared", shown.declared)]
    for listener in shown.listeners:
        rows += [("", ""), ("", f"listener {listener.name}"), *((line.place, f"  {line.text}") for line in listener.settings)]
        for hook in dict.fromkeys(block.hook for block in listener.blocks):
            rows += [("", ""), ("", f"  {hook}"), *_hook([b for b in listener.blocks if b.hook == hook])]
            rows.append(("", f"    otherwise: {HOOKS[hook].final}"))
    width = max((len(place) for place, _ in rows), default=0)
    lines = [f"{place:{width}}  {text}".rstrip() if place or text else "" for place, text in rows]
    return "\n".join(lines).strip("\n") + "\n"


_Row = tuple[str, str]
"""A place and a text."""


def _section(title: str, lines: Sequence[Line]) -> list[_Row]:
    return [("", ""), ("", title), *((line.place, f"  {line.text}") for line in lines)] if lines else []


def _hook(blocks: Sequence[ShownBlock]) -> Iterator[_Row]:
    applied: tuple[ShownApply, ...] = ()
    for block in blocks:
        for each in block.applied:
            if each not in applied:
                yield from _applied(each)
        applied = block.applied
        indent = " " * (6 if applied else 4)
        yield from ((line.place, indent + line.text) for line in block.lines)


def _applied(applied: ShownApply) -> Iterator[_Row]:
    yield applied.line.place, f"    {applied.line.text}"
    for name, value, default in applied.values:
        yield value.place, f"      {name} = {value.text}{'   (default)' if default else ''}"


def as_object(shown: Shown) -> dict[str, object]:
    """The listing as plain values, for JSON."""
    return dataclasses.asdict(shown)
