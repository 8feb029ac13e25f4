"""The last stage of the compiler: a checked rules file becomes Python functions, one for each listener and hook.

They are made of `ast` nodes that stand where the rules stand, so that tracebacks, profilers and coverage show the
rules file. A code object has one file name: blocks that `use` brought from another file become functions of their own,
called in their place. The same rules give the same text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qpsmtpd.dsl.check.typed import Block, TypedListener, TypedRules
from qpsmtpd.dsl.emit import nodes
from qpsmtpd.dsl.emit.frame import Frame
from qpsmtpd.dsl.emit.pool import Pool
from qpsmtpd.dsl.emit.statements import block
from qpsmtpd.dsl.model.program import HookCode, ListenerProgram, Program

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def emit(rules: TypedRules) -> Program:
    """Compiles checked rules. Raises jinja2.TemplateSyntaxError for a template that the checker should have refused."""
    made, entries = _functions(rules)
    names = made.loaded()

    def variables(per: str) -> Mapping[str, Any]:
        return {variable.key: variable.value for variable in rules.variables if variable.per == per}

    def program(listener: TypedListener) -> ListenerProgram:
        hooks: Mapping[str, HookCode] = {
            hook: names[entries[listener.name, hook]] for hook in listener.hooks if (listener.name, hook) in entries
        }
        requires = tuple(f"{required.function} before {required.before}" for required in listener.requires)
        return ListenerProgram(
            listener.name, listener.settings, hooks, variables("connection"), variables("transaction"), requires
        )

    return Program(
        digest=rules.digest,
        server=rules.server,
        listeners=tuple(map(program, rules.listeners)),
        folder=rules.folder,
        services=frozenset(made.pool.services),
    )


def python_of(rules: TypedRules) -> str:
    """The source text of what checked rules are compiled to, for people: byte-identical for the same rules."""
    return _functions(rules)[0].text()


def _functions(rules: TypedRules) -> tuple[_Functions, Mapping[tuple[str, str], str]]:
    """The functions, and for each listener and hook the name of one."""
    made = _Functions()
    entries = {
        (listener.name, hook): made.hook(hook, listener.name, blocks)
        for listener in rules.listeners
        for hook, blocks in listener.hooks.items()
        if blocks
    }
    return made, entries


@dataclass(slots=True)
class _Functions:
    """The functions of a program under construction, in order, each with the file it stands in."""

    pool: Pool = field(default_factory=Pool)
    written: list[tuple[str, _Function]] = field(default_factory=list)
    known: dict[tuple[str, tuple[int, ...]], str] = field(default_factory=dict)
    """The function that a hook's blocks (by identity) have become."""
    named: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)

    def hook(self, hook: str, listener: str, blocks: Sequence[Block]) -> str:
        """The name of the function for a hook's blocks. Listeners whose rules are the same share one."""
        alike = hook, tuple(map(id, blocks))
        if alike in self.known:
            return self.known[alike]
        called = f"{hook}_at_" + re.sub(r"\W", "_", listener)
        frame = Frame(self.pool, hook, blocks[0].span)
        for number, written in enumerate(blocks, 1):
            if written.span.file == frame.file:
                block(frame, written)
            else:
                self._elsewhere(frame, f"{called}_{number}", written)
        self.known[alike] = self._function(called, frame, blocks[0])
        return self.known[alike]

    def _elsewhere(self, frame: Frame, called: str, written: Block) -> None:
        """Adds a block of another file: a function of its own and the call of it."""
        alike = frame.hook, (id(written),)
        own = self.known.get(alike, "")
        if not own:
            inner = Frame(self.pool, frame.hook, written.span)
            block(inner, written)
            own = self.known[alike] = self._function(called, inner, written)
        call: ast.expr = nodes.call(own, nodes.name("s"), nodes.name("t"))
        frame.span = frame.first
        decided = frame.keep(ast.Await(call) if own in self.waiting else call, written.span)
        frame.add(nodes.when(nodes.no(nodes.is_none(nodes.name(decided))), [ast.Return(nodes.name(decided))]), written.span)

    def _function(self, called: str, frame: Frame, first: Block) -> str:
        unique = called
        while unique in self.named:
            unique += "_"
        self.named.add(unique)
        definition = nodes.function(unique, frame.body or [frame.placed(ast.Pass(), first.span)])
        nodes.place(definition, first.span)
        self.written.append((frame.file, definition))
        if isinstance(definition, ast.AsyncFunctionDef):
            self.waiting.add(unique)
        return unique

    def text(self) -> str:
        """Everything as Python source."""
        functions = [definition for _, definition in self.written]
        return ast.unparse(ast.Module([*self.pool.statements, *functions], [])) + "\n"

    def loaded(self) -> Mapping[str, HookCode]:
        """Compiles and loads everything; returns the functions by name."""
        names = {**self.pool.names, "__name__": "rules"}
        files = dict.fromkeys(file for file, _ in self.written)
        parts = [("<constants of the rules>", self.pool.statements)]
        parts += [(file, [made for at, made in self.written if at == file]) for file in files]
        for file, body in parts:
            exec(compile(ast.Module(list(body), []), file, "exec"), names)  # noqa: S102 - made of the nodes above, in which rules are only names and values
        return names
