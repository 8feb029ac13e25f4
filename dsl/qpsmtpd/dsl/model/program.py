"""What compiling a rules file gives: for each listener the hook callables, and the settings around them.

A Program is frozen and knows no socket. A session keeps the Program it began with; a reload makes a new one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qpsmtpd.dsl.model.functions import OnError, Scope
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.verdicts import Verdict

HookCode = Callable[[Any, Any], Verdict | None | Awaitable[Verdict | None]]
"""Rules of one hook: called with session and transaction (None before MAIL). A plain function where no rule looks anything
up, else a coroutine function. None means that no rule decided."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the rules where a function that may fail is called."""

    function: str
    rule: str
    """The rule's label or file:line."""
    on_error: OnError
    timeout: float
    scope: Scope
    failure: Any = None
    """The value of a failed call, where the function has one for that."""


@dataclass(frozen=True, slots=True)
class ListenerProgram:
    """The rules of one listener; a hook without rules is absent."""

    name: str
    settings: ListenerSettings
    hooks: Mapping[str, HookCode]
    connection_vars: Mapping[str, Any] = field(default_factory=dict)
    """The first values of the variables that a connection has; compiled hooks reach them as `s.vars.NAME`."""
    transaction_vars: Mapping[str, Any] = field(default_factory=dict)
    """The same for each transaction: `t.vars.NAME`."""
    requires: tuple[str, ...] = ()
    """The `require` statements that hold here, as `FUNCTION before HOOK`: what a reload may not lose unasked."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rules file.

    `digest` names the text of all its files, data files included (hex, 12 digits). `services` are what the functions
    that it calls ask for.
    """

    digest: str
    server: ServerSettings
    listeners: tuple[ListenerProgram, ...]
    folder: str
    services: frozenset[type] = frozenset()
