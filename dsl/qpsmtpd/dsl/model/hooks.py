"""The table of hooks: when each fires, what is readable there, which verdicts it allows and what they answer.

Checker, emitter, engine and manual read this table; none of them keeps a list of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.types import Type, list_of, map_of, optional


@dataclass(frozen=True, slots=True)
class Readable:
    """A name that rules can read: from which hook on, its type, and the Python expression that fetches it.

    In `code`, `s` is the session and `t` the transaction. `only` limits a name to those hooks. An empty `code`
    means that reading the name calls the library function of that name.
    """

    name: str
    type: Type
    since: str
    code: str
    meaning: str
    only: tuple[str, ...] = ()
    assignable: bool = False


@dataclass(frozen=True, slots=True)
class Default:
    """What a verdict answers where the rule names no code or text."""

    code: int
    enhanced: str
    text: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A moment of the SMTP dialogue at which rules run.

    `replies` holds, for each verb allowed here, its default answer. `final` says what happens when no rule decides.
    """

    name: str
    when: str
    final: str
    replies: Mapping[str, Default]
    supported: bool = True

    @property
    def verbs(self) -> tuple[str, ...]:
        """Every verb that may stand in this hook, `skip` and `pass` included."""
        return (*self.replies, "skip", "pass")


_DENY = Default(550, "5.7.1", "Refused by policy")
_DEFER = Default(450, "4.7.1", "Temporarily refused, try again later")
_DENY_TXN = Default(554, "5.7.1", "Refused by policy")
_DEFER_TXN = Default(451, "4.7.1", "Temporarily refused, try again later")


def _hook(name: str, when: str, final: str, *, supported: bool = True, **replies: Default) -> Hook:
    return Hook(name, when, final, replies, supported)


HOOKS: Mapping[str, Hook] = {
    h.name: h
    for h in (
        _hook("pre_connection", "a connection is accepted, nothing is sent yet", "go on", supported=False),
        _hook("connect", "before the greeting", "greet", deny=_DENY_TXN, defer=_DEFER),
        _hook("helo", "HELO or EHLO", "the standard answer", deny=_DENY, defer=_DEFER),
        _hook("auth", "AUTH with credentials", "refuse: nobody vouched", supported=False),
        _hook(
            "mail",
            "MAIL FROM",
            "accept the sender",
            accept=Default(250, "2.1.0", "Sender ok"),
            deny=_DENY,
            defer=_DEFER,
        ),
        _hook(
            "rcpt",
            "RCPT TO",
            "accept a marked recipient, else 451",
            accept=Default(250, "2.1.5", "Recipient ok"),
            discard=Default(250, "2.1.5", "Recipient ok"),
            deny=Default(550, "5.7.1", "Recipient refused by policy"),
            defer=_DEFER,
        ),
        _hook("data", "DATA, before 354", "354", deny=_DENY_TXN, defer=_DEFER_TXN, discard=Default(250, "2.0.0", "Ok")),
        _hook("data_headers_end", "the header is in, the body is not", "go on", supported=False),
        _hook("data_post_headers", "end of data, before trace fields are added", "go on", supported=False),
        _hook(
            "data_post",
            "end of data",
            "go on to queue",
            accept=Default(250, "2.0.0", "Ok"),
            discard=Default(250, "2.0.0", "Ok"),
            deny=Default(550, "5.7.1", "Message refused by policy"),
            defer=_DEFER_TXN,
        ),
        _hook("queue_pre", "before handing over", "go on", supported=False),
        _hook(
            "queue",
            "handing over",
            "451: no rule delivered the message",
            discard=Default(250, "2.0.0", "Ok"),
            deny=Default(554, "5.7.1", "Message refused by policy"),
            defer=_DEFER_TXN,
        ),
        _hook("queue_post", "after handing over", "go on", supported=False),
        _hook("unrecognized_command", "a command nobody knows", "500", supported=False),
        _hook("noop", "NOOP", "250", supported=False),
        _hook("vrfy", "VRFY", "252", supported=False),
        _hook("help", "HELP", "214", supported=False),
        _hook("quit", "QUIT", "221", supported=False),
        _hook("denied", "after any refusal", "observe only", supported=False),
        _hook("accepted", "after any acceptance", "observe only", supported=False),
        _hook("reset_transaction", "a transaction ends", "observe only", supported=False),
        _hook("disconnect", "the connection ends", "observe only"),
    )
}

ORDER: tuple[str, ...] = tuple(HOOKS)
"""Hook names in the order of the dialogue."""


def _names(*rows: Readable) -> Mapping[str, tuple[Readable, ...]]:
    table: dict[str, tuple[Readable, ...]] = {}
    for row in rows:
        table[row.name] = (*table.get(row.name, ()), row)
    return table


_HELO = Type("text", fields=(("domain", optional(t.DOMAIN)), ("literal", optional(t.IP))), folded=True)
_HEADER = Type("header", fields=tuple((n, optional(t.TEXT)) for n in ("from", "to", "subject", "date", "message_id")))
_MESSAGE = Type("message", fields=(("size", t.SIZE),))

READABLE: Mapping[str, tuple[Readable, ...]] = _names(
    Readable("ip", t.IP, "pre_connection", "s.ip", "the client's address"),
    Readable("port", t.NUMBER, "pre_connection", "s.port", "the client's port"),
    Readable("server_ip", t.IP, "pre_connection", "s.server_ip", "the address the client connected to"),
    Readable("server_port", t.NUMBER, "pre_connection", "s.server_port", "the port the client connected to"),
    Readable("listener", t.TEXT, "pre_connection", "s.listener", "the name of the listener"),
    Readable("connections", t.NUMBER, "pre_connection", "s.connections", "open connections from this address, this one included"),
    Readable("rdns", optional(t.DOMAIN), "connect", "", "the client's name by PTR lookup"),
    Readable("helo", _HELO, "helo", "s.helo", "what the client calls itself, in lower case"),
    Readable("esmtp", t.BOOL, "helo", "s.esmtp", "true after EHLO"),
    Readable("sender", t.ADDRESS, "mail", "t.sender", "the reverse-path; `<>` is the null sender"),
    Readable("params", map_of(t.TEXT), "mail", "t.params", "the parameters of MAIL", only=("mail",)),
    Readable("params", map_of(t.TEXT), "rcpt", "t.recipient_params", "the parameters of RCPT", only=("rcpt",)),
    Readable("domain", optional(t.DOMAIN), "mail", "t.sender.domain", "the sender's domain, absent for `<>`", only=("mail",)),
    Readable("domain", t.DOMAIN, "rcpt", "t.recipient.domain", "the recipient's domain", only=("rcpt",)),
    Readable("recipient", t.RECIPIENT, "rcpt", "t.recipient", "the forward-path in hand", only=("rcpt",)),
    Readable("recipients", list_of(t.ADDRESS), "rcpt", "t.recipients", "the recipients accepted so far"),
    Readable("header", _HEADER, "data_post", "t.message.header", "the message's header fields"),
    Readable("message", _MESSAGE, "data_post", "t.message", "the message"),
    Readable("relay", t.BOOL, "connect", "s.relay", "the client may relay", assignable=True),
    Readable("trusted", t.BOOL, "connect", "s.trusted", "reputation checks are skipped; never relays", assignable=True),
    Readable("score", t.NUMBER, "connect", "s.score", "the message's score so far", assignable=True),
    Readable("karma", t.NUMBER, "connect", "s.karma", "the connection's karma", assignable=True),
    Readable("authenticated", t.BOOL, "connect", "s.authenticated", "the client has authenticated"),
    Readable("now", t.TIME, "connect", "s.services.clock.now()", "the time"),
)
"""Every readable name; `params` and `domain` mean one thing in `mail` and another in `rcpt`."""


def readable(name: str, hook: str) -> Readable | None:
    """The entry of a name in a hook, None where it cannot be read (not yet, or never)."""
    for row in READABLE.get(name, ()):
        if row.only and hook not in row.only:
            continue
        if ORDER.index(hook) >= ORDER.index(row.since):
            # at disconnect no transaction need exist
            if hook == "disconnect" and row.code.startswith("t."):
                continue
            return row
    return None
