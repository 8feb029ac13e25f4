"""Decides what a rules file means: reads it with all it uses, and makes the typed model of it.

Files, then settings, then declarations, then the rules of each hook of each listener. Findings are collected, never
raised; what could be understood is in the model even when something else could not. Safety and lint come later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from qpsmtpd.dsl.check.book import Book, Scope
from qpsmtpd.dsl.check.declarations import check_unused, declare, listeners, work_out
from qpsmtpd.dsl.check.doubt import misplaced, typed_block, unread
from qpsmtpd.dsl.check.expressions import expression
from qpsmtpd.dsl.check.settings import config_dir, listened_twice, listener_settings, server_settings
from qpsmtpd.dsl.check.sources import Sources
from qpsmtpd.dsl.check.typed import Block, TypedListener, TypedRules
from qpsmtpd.dsl.check.unsupported import later
from qpsmtpd.dsl.check.uses import statements
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.functions import Catalogue
from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.model.settings import ListenerSettings
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Name, Span

_DEFAULT = "default"
"""The name of the listener of a file that has none."""


def check(path: str, *, catalogue: Catalogue, read: Callable[[str], bytes], findings: Findings, folder: str) -> TypedRules | None:
    """The typed model of the rules in file `path`, as far as it could be built; None when there is no such file.

    `read` gets file names as `path` spells them, or absolute ones, and raises OSError. `folder` (absolute) is where
    relative paths of the main file lead.
    """
    sources = Sources(read, findings)
    found = statements(path, folder, sources, findings)
    if found is None:
        return None
    doubt = {*unread(found, findings)}
    book = Book(findings, catalogue, sources, path, expression)
    declare(found, book)
    servers = [s for s in found if isinstance(s, tree.Server)]
    server = server_settings(servers, Scope(book))
    book.config_dir = config_dir(server, servers)
    work_out(book)
    declared = listeners(found, findings)
    settings = {name: listener_settings(each, Scope(book)) for name, each in declared.items()} or {_DEFAULT: ListenerSettings()}
    listened_twice(declared, settings, findings)
    spans = {name: each.span for name, each in declared.items()} or {_DEFAULT: Span(path, 1, 1, 1, 1)}
    blocks = [*_blocks(found, [*settings], book, doubt)]
    check_unused(book)
    made = (TypedListener(name, spans[name], settings[name], _hooks(name, blocks), frozenset(doubt)) for name in settings)
    return TypedRules(server, tuple(made), folder, sources.digest)


_Placed = tuple[str, frozenset[str], Block]
"""A block, its hook, and the listeners at which it runs."""


def _blocks(found: Sequence[tree.TopLevel], names: list[str], book: Book, doubt: set[str]) -> Iterator[_Placed]:
    """The blocks in written order; `doubt` gets the hooks in which something was not understood."""
    for on in found:
        if isinstance(on, tree.On) and not on.shadow:
            places = _listeners(on, names, book.findings)
            doubt.update(misplaced(on, names))
            for hook in dict.fromkeys(name.text for name in on.hooks if _known_hook(name, book.findings)):
                made, doubtful = typed_block(on, hook, book)
                doubt.update([hook] if doubtful else [])
                yield hook, places, made


def _known_hook(name: Name, findings: Findings) -> bool:
    hook = HOOKS.get(name.text)
    if hook is None:
        running = [h.name for h in HOOKS.values() if h.supported]
        findings.add(
            "Q203",
            name.span,
            f"there is no hook `{name.text}`",
            allowed=f"the hooks are {words(running, 'and')}",
            help=suggestion(name.text, HOOKS),
        )
    elif not hook.supported:
        later(findings, name.span, f"the hook `{name.text}`")
    return hook is not None and hook.supported


def _listeners(on: tree.On, names: list[str], findings: Findings) -> frozenset[str]:
    for written in on.listeners:
        if written.text not in names:
            findings.add(
                "Q205",
                written.span,
                f"there is no listener `{written.text}`",
                allowed=f"the listeners are {words(names, 'and')}" if len(names) > 1 else f"the only listener is `{names[0]}`",
                help=suggestion(written.text, names),
            )
    return frozenset(name.text for name in on.listeners) or frozenset(names)


def _hooks(listener: str, blocks: Sequence[_Placed]) -> Mapping[str, tuple[Block, ...]]:
    found: dict[str, tuple[Block, ...]] = {}
    for hook, places, each in blocks:
        if listener in places:
            found[hook] = (*found.get(hook, ()), each)
    return found
