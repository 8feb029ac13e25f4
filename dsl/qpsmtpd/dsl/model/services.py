"""What a function may ask of the running service: each a keyword-only parameter, known by its annotation.

A function that wants the client's address declares `*, client: Client`; the compiler then passes it. So the
signature shows every effect, and a test passes its own. `SOURCES` says where compiled code finds each service:
`s` is the session, `t` the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from qpsmtpd.dsl.model.values import Address, Answer, Domain, Duration, IPAddress, Size, Time

_T = TypeVar("_T")


class Client(Protocol):
    """The peer of this connection, as far as it is known by now."""

    @property
    def ip(self) -> IPAddress: ...
    @property
    def port(self) -> int: ...
    @property
    def helo(self) -> str: ...
    @property
    def relay(self) -> bool: ...
    @property
    def session_id(self) -> str: ...
    @property
    def esmtp(self) -> bool: ...


class EarlyTalk(Protocol):
    """Whether the client speaks before its turn, at a moment at which it has to wait for our reply."""

    async def talked_early(self, wait: float) -> bool:
        """True as soon as the client sends something, or has sent it already; False after `wait` seconds of silence."""


class Resolver(Protocol):
    """Questions to the DNS."""

    async def query(self, name: str, kind: str) -> Answer:
        """The records of `name` of type `kind` (`A`, `TXT`, `PTR`, ...). Raises LookupFailure when no server gave an answer."""


class Clock(Protocol):
    """The time; the only source of it."""

    def now(self) -> Time:
        """Seconds since 1970 UTC."""


class Header(Protocol):
    """The header section of the message in hand: fields as received, in order, and what rules add to it."""

    def get(self, name: str) -> str | None:
        """The first field of that name, unfolded, without its line end; None when there is none."""

    def all(self, name: str) -> Sequence[str]:
        """Every field of that name, first to last."""

    def names(self) -> Sequence[str]:
        """The name of every field, as it is written, first to last."""

    def add(self, name: str, value: str) -> None:
        """Puts a field on top."""

    def set(self, name: str, value: str) -> None:
        """Removes every field of that name, then puts one on top."""

    def remove(self, name: str) -> int:
        """Removes every field of that name; returns how many."""


class Message(Protocol):
    """The message in hand, as it will be delivered."""

    @property
    def header(self) -> Header: ...
    @property
    def size(self) -> Size:
        """Octets as received, after dot-unstuffing."""

    @property
    def on_disk(self) -> bool:
        """True when reading it may wait for a disk: then it is read in a thread."""

    def chunks(self) -> Iterator[bytes]:
        """The whole message, trace fields and rewritten header first, CRLF line ends, not dot-stuffed. Raises OSError."""


class Envelope(Protocol):
    """Who sent the message in hand, and to whom it goes."""

    @property
    def sender(self) -> Address: ...
    @property
    def recipients(self) -> Sequence[Address]: ...
    @property
    def recipient(self) -> Address | None:
        """The one in hand, in `rcpt`."""

    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def gone(self) -> bool:
        """True when the client has closed the connection: then nothing may be delivered."""


class Login(Protocol):
    """The credentials that a client has given in AUTH."""

    @property
    def mechanism(self) -> str: ...
    @property
    def login(self) -> str: ...
    @property
    def secret(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be remembered, and for how many seconds from now: more than none, for nothing is kept for ever."""

    value: bytes
    expires: Duration


class State(Protocol):
    """What a function remembers from one call to the next, in all connections and processes, also after a restart.

    Entries belong to the function that asks, under a key and an optional name: never to a line of the rules. Each of these
    raises LookupFailure when the store gives no answer. Functions that shadowed rules call have a state of their own, in
    which they find what is in the real one until they change it.
    """

    async def get(self, key: str, *, name: str = "") -> bytes | None:
        """The value of an entry; None when there is none, or no longer."""

    async def put(self, key: str, entry: Entry, *, name: str = "") -> None:
        """Remembers this instead of what there was."""

    async def count(self, key: str, expires: Duration, *, by: int = 1, name: str = "") -> int:
        """Adds to a number that begins at none, and returns the sum; it is forgotten so long after it was last added to."""

    async def change(self, key: str, change: Callable[[bytes | None], tuple[Entry | None, _T]], *, name: str = "") -> _T:
        """Remembers what `change` makes of the value (with None it stays as it is), and returns what it answers besides.

        Nobody comes between reading and writing. `change` runs in another thread and may run more than once: it only computes.
        """


class Site(Protocol):
    """The service's own names and folders."""

    @property
    def hostname(self) -> Domain: ...
    @property
    def config_dir(self) -> str: ...


SOURCES: Mapping[type, str] = {
    Client: "s",
    Login: "s",
    EarlyTalk: "s",
    Resolver: "s.services.resolver",
    Clock: "s.services.clock",
    Site: "s.services.site",
    State: "s.state",
    Header: "t.message.header",
    Message: "t.message",
    Envelope: "t",
}

OF_FUNCTION: frozenset[type] = frozenset({State})
"""Services of which each function has its own: the source is called with the function's name."""

FIRST_HOOK: Mapping[type, str] = {Header: "data_headers_end", Message: "data_post_headers", Envelope: "mail", Login: "auth"}
"""Services that exist only from some hook on; a function that wants one cannot be called before it."""
LAST_HOOK: Mapping[type, str] = {Header: "queue_post", Message: "queue_post", Envelope: "queue_post", Login: "auth"}
"""Services that exist only until some hook; a function that wants one cannot be called after it."""
ONLY_HOOKS: Mapping[type, frozenset[str]] = {EarlyTalk: frozenset({"connect", "data"})}
"""Services that exist in some hooks only: for one, those before whose reply a client may send nothing."""

IN_HAND: frozenset[type] = frozenset({Client, Login, Clock, Site, Header, Message, Envelope})
"""Services that are facts of the session or of our own: whoever has only these reaches nobody outside, as all others do."""
KEPT: frozenset[type] = frozenset({State})
"""Services of our own that may fail all the same: a lookup that has one, and else only services in hand, asks nobody but us."""
