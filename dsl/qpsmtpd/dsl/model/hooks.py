"""The table of hooks: when each fires, what is readable there, which verdicts it allows and what they answer.

Checker, emitter, engine and manual read this table; none of them keeps a list of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.types import Type, enumeration, list_of, map_of, optional


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
    `reads` says which names of the transaction can be read: all that are known by then, the envelope alone, or none
    where there need not be a transaction. `later` holds the hooks for which a verdict can be kept here (`deny at rcpt`).
    """

    name: str
    when: str
    final: str
    replies: Mapping[str, Default]
    reads: str = "all"
    later: tuple[str, ...] = ()

    @property
    def verbs(self) -> tuple[str, ...]:
        """Every verb that may stand in this hook, `skip` and `pass` included."""
        return (*self.replies, *(("enforce",) if self.name in ENFORCING else ()), "skip", "pass")


ENFORCING = ("mail", "rcpt", "data", "data_post")
"""The hooks at which a verdict that was kept for them is said."""

_DENY = Default(550, "5.7.1", "Refused by policy")
_DEFER = Default(450, "4.7.1", "Temporarily refused, try again later")
_DENY_TXN = Default(554, "5.7.1", "Refused by policy")
_DEFER_TXN = Default(451, "4.7.1", "Temporarily refused, try again later")
_OK = Default(250, "2.0.0", "Ok")
_MESSAGE_REFUSED = Default(554, "5.7.1", "Message refused by policy")


def _hook(name: str, when: str, final: str, reads: str = "all", **replies: Default) -> Hook:
    order = ("pre_connection", "connect", "helo", *ENFORCING)
    later = tuple(h for h in ENFORCING if name in order[: order.index(h)]) if "deny" in replies else ()
    return Hook(name, when, final, replies, reads, later)


def _command(name: str, when: str, answer: Default) -> Hook:
    return _hook(
        name, when, f"{answer.code}", "none", reply=answer, deny=Default(550, "5.7.1", "Refused by policy"), defer=_DEFER
    )


HOOKS: Mapping[str, Hook] = {
    h.name: h
    for h in (
        _hook("pre_connection", "a connection is accepted, nothing is sent yet", "go on", deny=_DENY_TXN, defer=_DEFER),
        _hook("connect", "before the greeting", "greet", deny=_DENY_TXN, defer=_DEFER),
        _hook("helo", "HELO or EHLO", "the standard answer", deny=_DENY, defer=_DEFER),
        _hook(
            "auth",
            "AUTH with credentials",
            "refuse: nobody vouched",
            "none",
            accept=Default(235, "2.7.0", "Authentication succeeded"),
            deny=Default(535, "5.7.8", "Authentication credentials invalid"),
            defer=Default(454, "4.7.0", "Temporary authentication failure"),
        ),
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
        _hook("data", "DATA, before 354", "354", deny=_DENY_TXN, defer=_DEFER_TXN, discard=_OK, quarantine=_OK),
        _hook(
            "data_headers_end",
            "the header is in, the body is not",
            "go on",
            deny=_MESSAGE_REFUSED,
            defer=_DEFER_TXN,
            discard=_OK,
            quarantine=_OK,
        ),
        _hook("data_post_headers", "end of data, before `data_post`; nothing can be refused", "go on"),
        _hook(
            "data_post",
            "end of data",
            "go on to queue",
            accept=_OK,
            discard=_OK,
            quarantine=_OK,
            deny=Default(550, "5.7.1", "Message refused by policy"),
            defer=_DEFER_TXN,
        ),
        _hook("queue_pre", "before handing over", "go on", deny=_MESSAGE_REFUSED, defer=_DEFER_TXN, discard=_OK, quarantine=_OK),
        _hook(
            "queue",
            "handing over",
            "451: no rule delivered the message",
            discard=_OK,
            quarantine=_OK,
            deny=_MESSAGE_REFUSED,
            defer=_DEFER_TXN,
        ),
        _hook("queue_post", "after handing over", "observe only"),
        _command("unrecognized_command", "a command nobody knows", Default(500, "5.5.2", "Command not recognized")),
        _command("noop", "NOOP", _OK),
        _command("vrfy", "VRFY", Default(252, "2.5.0", "Cannot verify; send mail and see")),
        _command("help", "HELP", Default(214, "2.0.0", "See the manual of this service")),
        _command("quit", "QUIT", Default(221, "2.0.0", "Bye")),
        _hook("denied", "after any refusal", "observe only", "none"),
        _hook("accepted", "after any acceptance", "observe only", "none"),
        _hook("reset_transaction", "a transaction ends", "observe only", "envelope"),
        _hook("disconnect", "the connection ends", "observe only", "none"),
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
_HEADER = Type(
    "header",
    fields=(
        *((n, optional(t.TEXT)) for n in ("from", "to", "subject", "date", "message_id")),
        ("age", optional(t.DURATION)),
    ),
)
_MESSAGE = Type("message", fields=(("size", t.SIZE),))
_TLS = Type("tls", fields=(("version", t.TEXT), ("cipher", t.TEXT), ("subject", optional(t.TEXT))))
_SAID = Type(
    "verdict",
    fields=(
        ("hook", t.TEXT),
        ("verb", enumeration("verb", ("accept", "deny", "defer", "discard", "quarantine"))),
        ("code", t.NUMBER),
        ("text", t.TEXT),
        ("rule", t.TEXT),
    ),
)
_COMMANDS = ("unrecognized_command", "noop", "vrfy", "help", "quit")

READABLE: Mapping[str, tuple[Readable, ...]] = _names(
    Readable("ip", t.IP, "pre_connection", "s.ip", "the client's address"),
    Readable("port", t.NUMBER, "pre_connection", "s.port", "the client's port"),
    Readable("server_ip", t.IP, "pre_connection", "s.server_ip", "the address the client connected to"),
    Readable("server_port", t.NUMBER, "pre_connection", "s.server_port", "the port the client connected to"),
    Readable("listener", t.TEXT, "pre_connection", "s.listener", "the name of the listener: one of those that the rules declare"),
    Readable("connections", t.NUMBER, "pre_connection", "s.connections", "open connections from this address, this one included"),
    Readable("rdns", optional(t.DOMAIN), "connect", "", "the client's name by PTR lookup"),
    Readable("helo", _HELO, "helo", "s.helo", "what the client calls itself, in lower case"),
    Readable("esmtp", t.BOOL, "helo", "s.esmtp", "true after EHLO"),
    Readable("tls", optional(_TLS), "helo", "s.tls", "how the connection is encrypted; absent when it is not"),
    Readable("mechanism", t.TEXT, "auth", "s.mechanism", "the mechanism of this AUTH, in upper case", only=("auth",)),
    Readable("login", t.TEXT, "auth", "s.login", "the name that this AUTH gives", only=("auth",)),
    Readable(
        "user",
        optional(t.TEXT),
        "mail",
        "s.user",
        "the name of the user who has authenticated; surely there where `auth = required`",
    ),
    Readable("sender", t.ADDRESS, "mail", "t.sender", "the reverse-path; `<>` is the null sender"),
    Readable("params", map_of(t.TEXT), "mail", "t.params", "the parameters of MAIL", only=("mail",)),
    Readable("params", map_of(t.TEXT), "rcpt", "t.recipient_params", "the parameters of RCPT", only=("rcpt",)),
    Readable("domain", optional(t.DOMAIN), "mail", "t.sender.domain", "the sender's domain, absent for `<>`", only=("mail",)),
    Readable("domain", t.DOMAIN, "rcpt", "t.recipient.domain", "the recipient's domain", only=("rcpt",)),
    Readable("recipient", t.RECIPIENT, "rcpt", "t.recipient", "the forward-path in hand", only=("rcpt",)),
    Readable("recipients", list_of(t.ADDRESS), "rcpt", "t.recipients", "the recipients accepted so far"),
    Readable(
        "header",
        _HEADER,
        "data_headers_end",
        "t.message.header",
        "the message's header fields; `.age` is how long ago its Date was",
    ),
    Readable("message", _MESSAGE, "data_post_headers", "t.message", "the message"),
    Readable("queued", t.TEXT, "queue_post", "t.queued", "what the next hop said when it took the message", only=("queue_post",)),
    Readable("command", t.TEXT, "unrecognized_command", "s.command", "the command's word, in upper case", only=_COMMANDS),
    Readable("argument", t.TEXT, "unrecognized_command", "s.argument", "what stood behind the command's word", only=_COMMANDS),
    Readable("verdict", _SAID, "denied", "s.verdict", "what was decided, where, and by which rule", only=("denied", "accepted")),
    Readable("relay", t.BOOL, "pre_connection", "s.relay", "the client may relay", assignable=True),
    Readable("trusted", t.BOOL, "pre_connection", "s.trusted", "reputation checks are skipped; never relays", assignable=True),
    Readable("score", t.NUMBER, "pre_connection", "s.score", "the message's score so far", assignable=True),
    Readable("karma", t.NUMBER, "pre_connection", "s.karma", "the connection's karma", assignable=True),
    Readable("symbols", list_of(t.TEXT), "pre_connection", "s.symbols", "the names of the scores that have counted, in order"),
    Readable("pending", t.BOOL, "pre_connection", "s.pending", "a verdict is kept for a later hook, and not said yet"),
    Readable("authenticated", t.BOOL, "pre_connection", "s.authenticated", "the client has authenticated"),
    Readable("now", t.TIME, "pre_connection", "s.services.clock.now()", "the time"),
)
"""Every readable name; `params` and `domain` mean one thing in `mail` and another in `rcpt`."""

_ENVELOPE = ("t.sender", "t.recipients")


def readable(name: str, hook: str) -> Readable | None:
    """The entry of a name in a hook, None where it cannot be read (not yet, or never)."""
    return next((row for row in READABLE.get(name, ()) if is_known(row, hook)), None)


def is_known(row: Readable, hook: str) -> bool:
    """True when this hook can read the name."""
    if row.only:
        return hook in row.only
    if ORDER.index(hook) < ORDER.index(row.since):
        return False
    reads = HOOKS[hook].reads
    return reads == "all" or not row.code.startswith("t.") or (reads == "envelope" and row.code in _ENVELOPE)
