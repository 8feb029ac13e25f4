"""What rules read of a connection and of the message under way: the mutable state of the dialogue, and nothing that moves it.

The hook table's `Readable.code` and the services' `SOURCES` name these attributes. What costs something is made when
it is first read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from copy import copy
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import count
from types import MappingProxyType, SimpleNamespace
from typing import Any, Protocol

from qpsmtpd.dsl.model.values import Address, IPAddress
from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.engine.lookups import Asking
from qpsmtpd.runtime.engine.pending import Keeping
from qpsmtpd.runtime.engine.services import Services
from qpsmtpd.runtime.engine.shadow import Shadowing
from qpsmtpd.runtime.smtp.paths import parse_domain, parse_literal
from qpsmtpd.runtime.state.own import OwnState

_NO_PARAMS: Mapping[str, str] = MappingProxyType({})
_DIGITS = "0123456789abcdefghijkmnpqrstuvwxyz"
_number = count(1)


class Wire(Protocol):
    """The connection's own facts; an asyncio transport is one."""

    def get_extra_info(self, name: str, default: Any = None) -> Any: ...


class Helo(str):
    """The name a client gave in HELO or EHLO, in lower case."""

    __slots__ = ()

    @property
    def domain(self) -> str | None:
        """The name when it is a host name, else None."""
        return parse_domain(self)

    @property
    def literal(self) -> IPAddress | None:
        """The address when the name is an address literal, else None."""
        return parse_literal(self)


_NOT_SAID = Helo("")


class Turn:
    """A moment at which the client has to wait for our reply; copies of a session share it."""

    __slots__ = ("broken", "waited")

    def __init__(self) -> None:
        self.broken = asyncio.Event()
        """The client has not waited."""
        self.waited = 0.0
        """Seconds for which rules have listened so far."""


class Facts:
    """What rules have set so far, kept at a point to which a later command goes back."""

    __slots__ = ("kept", "relay", "score", "symbols", "trusted")

    def __init__(
        self,
        score: float = 0,
        symbols: tuple[str, ...] = (),
        *,
        relay: bool = False,
        trusted: bool = False,
        kept: tuple[str, Verdict] | None = None,
    ) -> None:
        self.score = score
        self.symbols = symbols
        self.relay = relay
        self.trusted = trusted
        self.kept = kept


FRESH = Facts()


class Said:
    """A verdict as the rules of `denied` and `accepted` read it; where no rule has decided, `rule` is empty or names the engine."""

    __slots__ = ("code", "hook", "rule", "text", "verb")

    def __init__(self, hook: str, verb: str, code: int, *, text: str, rule: str) -> None:
        self.hook = hook
        self.verb = verb
        self.code = code
        self.text = text
        self.rule = rule


class Session(Asking, Keeping, Shadowing):
    """A connection, from accept to close."""

    __slots__ = (
        "__dict__",
        "_id",
        "_ip",
        "_wire",
        "answers",
        "asked_early",
        "connections",
        "deadline",
        "esmtp",
        "heard",
        "helo",
        "hook",
        "karma",
        "kept",
        "listener",
        "peer",
        "relay",
        "score",
        "services",
        "symbols",
        "transaction",
        "trusted",
        "turn",
    )

    # what few connections ever have costs the others nothing
    vars: SimpleNamespace | None = None
    """The rules' own variables, where there are any."""
    command = argument = ""
    """What the client has said, in the hooks of commands that bring no message forward."""
    verdict: Said | None = None
    """What was decided, in `denied` and `accepted`."""
    tls: Any = None
    mechanism = login = secret = ""
    """The credentials of the AUTH in hand."""
    vouched = False
    """A verifier has answered yes for them."""
    authenticated = False
    user: str | None = None
    shadow = ""
    """Of a copy: the shadowed rule for which it was made."""
    layers: dict[str, Any] | None = None
    """What policies in shadow have changed on their copies."""

    def __init__(self, wire: Wire, peer: tuple[str, int], listener: str, services: Services, connections: int = 1) -> None:
        self._wire = wire
        self._ip: IPAddress | None = None
        self._id = ""
        self.peer = peer
        """Address and port as the socket says them."""
        self.listener = listener
        self.services = services
        self.connections = connections
        self.helo = _NOT_SAID
        self.esmtp = False
        self.score: float = 0
        self.symbols: tuple[str, ...] = ()
        """The names of the scores that have counted."""
        self.karma: float = 0
        self.relay = False
        self.trusted = False
        self.kept: tuple[str, Verdict] | None = None
        """A verdict that is to be said at a later hook, and that hook."""
        self.transaction: Transaction | None = None
        self.answers: dict[Any, Any] | None = None
        self.deadline: float | None = None
        self.heard = False
        """The client has sent something while it had to wait."""
        self.asked_early = False
        """A rule has asked for that, so rules decide what becomes of it."""
        self.turn: Turn | None = None
        """What is known of the moment in hand; made when a rule wants to know."""
        self.hook = ""
        """The hook whose rules run, or have run last."""

    @property
    def ip(self) -> IPAddress:
        """The client's address; an IPv4-mapped one is unmapped."""
        if self._ip is None:
            self._ip = _address(self.peer[0])
        return self._ip

    @property
    def port(self) -> int:
        return self.peer[1]

    @property
    def server_ip(self) -> IPAddress:
        """The address the client has connected to."""
        return _address(self._wire.get_extra_info("sockname")[0])

    @property
    def server_port(self) -> int:
        return int(self._wire.get_extra_info("sockname")[1])

    @property
    def session_id(self) -> str:
        """A short name for this connection that no other one has, on this machine; made when first asked for."""
        if not self._id:
            self._id = f"{_PROCESS}-{_spelled(next(_number))}"
        return self._id

    def keep(self) -> Facts:
        """What rules have set so far."""
        if not (self.score or self.symbols or self.relay or self.trusted or self.kept):
            return FRESH
        return Facts(self.score, self.symbols, relay=self.relay, trusted=self.trusted, kept=self.kept)

    def restore(self, facts: Facts) -> None:
        """Forgets what rules have set since `facts` were kept."""
        self.score = facts.score
        self.symbols = facts.symbols
        self.relay = facts.relay
        self.trusted = facts.trusted
        self.kept = facts.kept

    def twin(self, transaction: Transaction | None, rule: str) -> Session:
        """A copy for the shadowed rule of that name: it shares connection and answers with this one, and nothing that rules set."""
        if self.turn is None:
            self.turn = Turn()
        if self.answers is None:
            self.answers = {}
        self._id = self.session_id
        made = copy(self)
        made.shadow = rule
        made.vars = copy(self.vars)
        made.transaction = None if transaction is None else transaction.twin()
        return made

    def begin_turn(self, *, heard: bool) -> None:
        """The rules of a hook begin; `heard`: the client has sent on already where it has to wait for them."""
        self.heard = heard
        self.asked_early = False
        self.turn = None

    def hear(self) -> None:
        """Notes that the client sends while it should wait."""
        self.heard = True
        if self.turn is not None:
            self.turn.broken.set()

    def state(self, function: str) -> OwnState:
        """What the function of that name remembers."""
        return OwnState(self.services.state, function, shadow=bool(self.shadow))

    async def talked_early(self, wait: float) -> bool:
        """True as soon as the client sends something before its turn; False after `wait` seconds of silence, those included that have been waited."""
        self.asked_early = True
        if self.heard:
            return True
        if self.turn is None:
            self.turn = Turn()
        turn = self.turn
        left = max(wait - turn.waited, 0.0)
        turn.waited += left
        try:
            async with asyncio.timeout(left):
                await turn.broken.wait()
        except TimeoutError:
            return False
        return True


class Transaction:
    """A message under way, from MAIL to the answer after its end."""

    __slots__ = (
        "answers",
        "discarded",
        "gone",
        "marked",
        "message",
        "number",
        "params",
        "queued",
        "recipient",
        "recipient_params",
        "recipients",
        "sender",
        "settled",
        "settled_at",
        "vars",
    )

    def __init__(self, number: int, sender: Address, params: Mapping[str, str]) -> None:
        self.number = number
        """The how-manieth of its connection, from 1."""
        self.sender = sender
        self.params = params
        self.recipient: Address | None = None
        """The forward-path in hand, in `rcpt`."""
        self.recipient_params = _NO_PARAMS
        self.recipients: list[Address] = []
        """Those accepted so far."""
        self.discarded = 0
        """Recipients that a rule has answered kindly and that go nowhere."""
        self.settled: Verdict | None = None
        """What is to be answered when the message is there, decided before; else None."""
        self.settled_at = ""
        """The hook that has decided it."""
        self.marked = False
        """A gate has answered true for the recipient in hand."""
        self.gone = False
        """The client has closed the connection: nothing may be delivered any more."""
        self.message: Any = None
        """The `ReceivedMessage`, from the end of its header section on."""
        self.queued = ""
        """What the delivery has answered, in `queue_post`."""
        self.vars: SimpleNamespace | None = None
        """The rules' own variables, where there are any."""
        self.answers: dict[Any, Any] | None = None

    def release(self) -> None:
        """Gives up the message, its memory and its disk space."""
        self.message.release()
        self.message = None  # it knows its transaction: without this, only the garbage collector would find them

    def twin(self) -> Transaction:
        """A copy for shadowed rules."""
        if self.answers is None:
            self.answers = {}
        made = copy(self)
        made.vars = copy(self.vars)
        return made


def _address(text: str) -> IPAddress:
    ip: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip


def _spelled(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


_PROCESS = _spelled(time.time_ns() // 1_000_000)
"""When this process began; two services on one machine do not begin in the same millisecond."""
