"""What a function of the library is: its signature read as types, its docstring as its page.

    @function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
    async def dnsbl(zone: Zone, *, client: Client, resolver: Resolver) -> Listing | None:
        "..."

Positional parameters are the operator's arguments; keyword-only ones are services. A parameter annotated
`Annotated[DomainSet, DataFile(...)]` takes a file name in the rules and hands the function the file's contents,
read, checked and built once when the rules load.
"""

from __future__ import annotations

import enum
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from qpsmtpd.dsl.model import services as _services
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.model.types import Type, of_annotation
from qpsmtpd.dsl.model.values import Variant


class Kind(enum.Enum):
    """What calling a function does."""

    PURE = "pure"
    """Computes from its arguments (and data files) alone; may be evaluated when the rules load."""
    LOOKUP = "lookup"
    """Asks the outside world: has a deadline and a failure policy."""
    GATE = "gate"
    """Answers whether mail for a recipient is this site's to take; marks the recipient in hand."""
    VERIFIER = "verifier"
    """Answers whether the credentials in hand are those of a user; only in `auth`."""
    EFFECT = "effect"
    """Changes the message or state; stands as a statement."""
    DELIVERY = "delivery"
    """Hands the message on; stands as a statement in `queue`."""


class OnError(enum.Enum):
    """What a failed call means for the statement that made it (language manual: lookups that fail)."""

    UNKNOWN = "unknown"
    DEFER = "defer"


class Scope(enum.Enum):
    """How long an answer holds: the same call is asked once in it."""

    CALL = "call"
    CONNECTION = "connection"
    TRANSACTION = "transaction"


class Fault(Protocol):
    """Reports a line of a data file: its number (from 1), diagnostic code and message, and the line that already has the entry."""

    def __call__(self, line: int, code: str, message: str, other: int = 0, /) -> None: ...


@dataclass(frozen=True, slots=True)
class DataFile:
    """How a data file becomes a value: `read(text, fault)` builds it and reports what is wrong by line.

    `sample` is a valid file, for the manual and for tests. `comments(text)` gives line and column (from 1) of the `#` of
    each comment; without it the file has none.
    """

    read: Callable[[str, Fault], Any]
    sample: str
    comments: Callable[[str], Iterable[tuple[int, int]]] | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """Annotation mark: the argument must be known when the rules load.

    `check` gets the text, of a list each element, and returns what is wrong with it, or an empty text.
    """

    check: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class OwnPath:
    """Annotation mark: a path on this machine; the compiler makes a relative one absolute, from the folder of the rules file that names it.

    Its text must be known when the rules load: what a peer sends never becomes a path.
    """


@dataclass(frozen=True, slots=True)
class Lasts:
    """Annotation mark: the call takes as long as this duration says, and no longer, whatever its deadline."""


@dataclass(frozen=True, slots=True)
class Remembers:
    """Annotation mark: of what was longer ago than this duration, the answer knows nothing."""


REQUIRED: Any = inspect.Parameter.empty
"""The default of a parameter that has none."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a function as the operator sees it."""

    name: str
    type: Type
    default: Any = REQUIRED
    file: DataFile | None = None
    constant: Constant | None = None
    path: bool = False
    lasts: bool = False
    remembers: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the library, as declared."""

    name: str
    kind: Kind
    parameters: tuple[Parameter, ...]
    services: tuple[tuple[str, type], ...]
    returns: Type
    code: Callable[..., Any]
    asynchronous: bool
    since: str
    until: str
    on_error: OnError | None
    timeout: float | None
    scope: Scope
    doc: str
    failure: Any = None
    """The value of a failed call, where the function's enumeration has one for that; then a call is never unknown."""
    forwards: bool = False
    """A delivery that hands the message to another server, which may refuse a recipient that was accepted here."""

    @property
    def summary(self) -> str:
        """The docstring's first sentence: the meaning."""
        return self.doc.strip().split("\n", 1)[0]

    @property
    def may_fail(self) -> bool:
        """True when a call can be unknown."""
        return self.on_error is not None

    @property
    def asks(self) -> bool:
        """True when a call can fail, whatever becomes of that."""
        return self.may_fail or self.failure is not None

    @property
    def counts(self) -> bool:
        """True when each call leaves something behind, by which later ones answer."""
        return self.scope is Scope.CALL and any(wanted in _services.KEPT for _, wanted in self.services)

    @property
    def limited(self) -> bool:
        """True when it wants something that is there in certain hooks only, and not from one on."""
        return any(service in _services.ONLY_HOOKS for _, service in self.services)

    @property
    def hooks(self) -> tuple[str, ...]:
        """The hooks that may call it, in the order of the dialogue."""
        if self.kind is Kind.DELIVERY:
            return ("queue",)
        between = ORDER[ORDER.index(self.since) : ORDER.index(self.until) + 1]
        only = [hooks for _, service in self.services if (hooks := _services.ONLY_HOOKS.get(service))]
        return tuple(hook for hook in between if all(hook in hooks for hooks in only))

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)


Catalogue = Mapping[str, Function]
"""The functions that rules may call, by name."""

_F = TypeVar("_F", bound=Callable[..., Any])


def function(
    *,
    kind: Kind,
    since: str = "connect",
    until: str = "disconnect",
    on_error: OnError | enum.StrEnum | Variant | None = None,
    timeout: float | None = None,
    scope: Scope = Scope.CALL,
    forwards: bool = False,
) -> Callable[[_F], _F]:
    """Declares a library function; the function itself stays callable as it is.

    `since` and `until` are the first and last hook that may call it; a service that is known only in some hooks moves them.
    Lookups must say `on_error` and `timeout` (seconds); a function that answers an enumeration names the value of a
    failed call as its `on_error`. `forwards` marks a delivery that hands on to another server. Raises TypeError when the
    signature has no meaning in the language.
    """

    def declare(code: _F) -> _F:
        described = describe(code, kind=kind, since=since, until=until, on_error=on_error, timeout=timeout, scope=scope)
        code.__qpsmtpd__ = replace(described, forwards=forwards)  # type: ignore[attr-defined]
        return code

    return declare


def describe(
    code: Callable[..., Any],
    *,
    kind: Kind,
    since: str,
    until: str,
    on_error: OnError | enum.StrEnum | Variant | None,
    timeout: float | None,
    scope: Scope,
) -> Function:
    """The declaration of a function, from its signature and docstring."""
    if kind is Kind.LOOKUP and (on_error is None or timeout is None):
        raise TypeError(f"{code.__name__}: a lookup must declare on_error and timeout")
    if kind is Kind.VERIFIER:
        since, until = "auth", "auth"
    if kind is Kind.PURE and since == "connect":
        since = "pre_connection"
    hints = typing.get_type_hints(code, include_extras=True)
    signature = inspect.signature(code).parameters.values()
    wanted = tuple((p.name, hints[p.name]) for p in signature if p.kind is p.KEYWORD_ONLY)
    for name, protocol in wanted:
        if protocol not in _services.SOURCES:
            raise TypeError(f"{code.__name__}: {name}: {protocol!r} is no service")
        since = _later(since, _services.FIRST_HOOK.get(protocol, since))
        until = _earlier(until, _services.LAST_HOOK.get(protocol, until))
    policy, failure = (on_error, None) if on_error is None or isinstance(on_error, OnError) else (None, on_error)
    returns = of_annotation(hints["return"])
    if returns.cases:
        returns = replace(returns, name=code.__name__)
    return Function(
        name=code.__name__,
        kind=kind,
        parameters=tuple(_parameter(p, hints[p.name]) for p in signature if p.kind is not p.KEYWORD_ONLY),
        services=wanted,
        returns=returns if failure is None else _failing(returns, failure, code.__name__),
        code=code,
        asynchronous=inspect.iscoroutinefunction(code),
        since=since,
        until=until,
        on_error=policy,
        timeout=timeout,
        scope=scope,
        doc=inspect.getdoc(code) or "",
        failure=failure,
    )


def _failing(returns: Type, failure: enum.StrEnum | Variant, name: str) -> Type:
    """The enumeration, knowing which of its values says that the answer did not come."""
    member = failure.case if isinstance(failure, Variant) else str(failure)
    if member not in returns.members:
        raise TypeError(f"{name}: on_error: {member} is no value that it can answer")
    return replace(returns, failing=(member,))


def _parameter(p: inspect.Parameter, hint: Any) -> Parameter:
    marks = typing.get_args(hint)[1:] if typing.get_origin(hint) is typing.Annotated else ()
    return Parameter(
        name=p.name,
        type=of_annotation(hint),
        default=p.default,
        file=next((m for m in marks if isinstance(m, DataFile)), None),
        constant=next((m for m in marks if isinstance(m, Constant)), None),
        path=any(isinstance(m, OwnPath) for m in marks),
        lasts=any(isinstance(m, Lasts) for m in marks),
        remembers=any(isinstance(m, Remembers) for m in marks),
    )


def _earlier(one: str, other: str) -> str:
    return min(one, other, key=ORDER.index)


def _later(one: str, other: str) -> str:
    return max(one, other, key=ORDER.index)
