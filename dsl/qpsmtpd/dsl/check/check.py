"""Decides what a rules file means: reads it with all it uses, and makes the typed model of it.

Files, then settings, then declarations, then the rules of each hook of each listener. Findings are collected, never
raised; what could be understood is in the model even when something else could not. Safety and lint come later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from qpsmtpd.dsl.check.book import Book, Scope
from qpsmtpd.dsl.check.declarations import check_unused, declare, listeners, work_out
from qpsmtpd.dsl.check.doubt import EVERY_HOOK, misplaced, typed_block, unread
from qpsmtpd.dsl.check.expressions import expression
from qpsmtpd.dsl.check.own_functions import with_own_functions
from qpsmtpd.dsl.check.pending import with_enforcement
from qpsmtpd.dsl.check.places import known_hook
from qpsmtpd.dsl.check.placing import Placed, Placing
from qpsmtpd.dsl.check.required import required
from qpsmtpd.dsl.check.sanity import odd_listeners, odd_server
from qpsmtpd.dsl.check.settings import config_dir, listened_twice, listener_settings, server_settings
from qpsmtpd.dsl.check.shipped import Shipped
from qpsmtpd.dsl.check.sources import Sources
from qpsmtpd.dsl.check.surroundings import Surroundings
from qpsmtpd.dsl.check.test_files import tests_beside
from qpsmtpd.dsl.check.tests import trials, used_in_tests
from qpsmtpd.dsl.check.typed import Block, TypedListener, TypedRules
from qpsmtpd.dsl.check.uses import statements
from qpsmtpd.dsl.check.variables import rows
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import Catalogue, Kind
from qpsmtpd.dsl.model.settings import ListenerSettings
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

_DEFAULT = "default"
"""The name of the listener of a file that has none."""


def check(
    path: str,
    *,
    catalogue: Catalogue,
    read: Callable[[str], bytes],
    findings: Findings,
    folder: str,
    around: Surroundings | None = None,
    tests: Sequence[str] | None = None,
) -> TypedRules | None:
    """The typed model of the rules in file `path`, as far as it could be built; None when there is no such file.

    `read` gets file names as `path` spells them, or absolute ones, and raises OSError. `folder` (absolute) is where
    relative paths of the main file lead. `tests` are files of tests besides those that lie beside the rules; with None
    no test is looked at, since none may hold up a service.
    """
    around = around or Surroundings()
    sources = Sources(read, findings)
    found = statements(path, folder, sources, findings=findings, around=around)
    if found is None:
        return None
    doubt = {*unread(found, findings)}
    catalogue = with_own_functions(catalogue, found, sources, around=around, findings=findings)
    book = Book(findings, catalogue, sources, Shipped(sources, around, findings), path, expression)
    declare(found, book)
    servers = [s for s in found if isinstance(s, tree.Server)]
    server = server_settings(servers, Scope(book))
    odd_server(server, servers, findings)
    book.config_dir = config_dir(server, servers)
    work_out(book)
    declared = listeners(found, findings)
    settings = _listener_settings(declared, book)
    if not settings and not _only_declares(found):
        settings = {_DEFAULT: ListenerSettings()}
    book.listeners = tuple(settings)
    book.variables = rows(book)
    blocks = [*_blocks(found, settings, book, doubt)]
    needed = required(found, book)
    digest = sources.digest
    if tests is None:
        used_in_tests(found, book)
    checked = () if tests is None else trials(found, tests_beside(sources, tests, findings), book)
    check_unused(found, book, applicable=not _only_declares(found))
    spans = {name: each.span for name, each in declared.items()} or {_DEFAULT: Span(path, 1, 1, 1, 1)}
    made = []
    for name, said in settings.items():
        hooks = with_enforcement(_hooks(name, blocks))
        requires = tuple(each for places, each in needed if name in places)
        made.append(TypedListener(name, spans[name], said, hooks, requires, frozenset(doubt)))
    return TypedRules(server, tuple(made), folder, digest, tuple(book.made), found, checked, _verifiers(catalogue))


def _verifiers(catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(name for name, function in catalogue.items() if function.kind is Kind.VERIFIER)


def _listener_settings(declared: Mapping[str, tree.Listener], book: Book) -> dict[str, ListenerSettings]:
    settings = {name: listener_settings(each, Scope(book)) for name, each in declared.items()}
    listened_twice(declared, settings, book.findings)
    odd_listeners(declared, settings, book.findings)
    return settings


def _only_declares(found: Sequence[tree.TopLevel]) -> bool:
    """True for a file that is there to be used by others: nothing in it says what happens to mail."""
    return bool(found) and not any(isinstance(s, tree.On | tree.Apply | tree.Server | tree.Listener) for s in found)


_Typed = tuple[str, frozenset[str], Block]
"""A block, its hook, and the listeners at which it runs."""


def _blocks(
    found: Sequence[tree.TopLevel], settings: Mapping[str, ListenerSettings], book: Book, doubt: set[str]
) -> Iterator[_Typed]:
    """The blocks in written order; `doubt` gets the hooks in which something was not understood."""
    placing = Placing(book)
    for placed in placing.blocks(found, frozenset(settings)):
        doubt.update(misplaced(placed.on, [*settings]))
        for hook in dict.fromkeys(name.text for name in placed.on.hooks if known_hook(name, book.findings)):
            made, doubtful = typed_block(placed, hook, _sure_user(placed, settings), book)
            doubt.update([hook] if doubtful else [])
            yield hook, placed.listeners, made
    if placing.lost:
        doubt.update(EVERY_HOOK)


def _sure_user(placed: Placed, settings: Mapping[str, ListenerSettings]) -> bool:
    """True where nobody gets to `mail` without a user's name."""
    return bool(placed.listeners) and all(settings[name].auth == "required" for name in placed.listeners)


def _hooks(listener: str, blocks: Sequence[_Typed]) -> Mapping[str, tuple[Block, ...]]:
    found: dict[str, tuple[Block, ...]] = {}
    for hook, places, each in blocks:
        if listener in places:
            found[hook] = (*found.get(hook, ()), each)
    return found
