"""Decides which settings are possible and yet surely not meant: each row is one such reason, and what to write instead.

Only what the rules themselves say is looked at: a default is never odd, nor is a path that follows from where the rules stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.settings import Auth, ListenerSettings, Protocol, ServerSettings, Tls, parse_endpoint
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Span

_FLEETING = ("/tmp", "/var/tmp", "/dev/shm")
_KEPT = {
    "spool_dir": "messages that are being received and delivered",
    "state_dir": "the control socket",
    "quarantine": "the messages of the quarantine",
}
_NO_NAMES = ("localhost", "localdomain", "local", "invalid")
_MINUTES = 60
_PATIENCE = {"connect_budget": 5 * _MINUTES, "command_budget": 5 * _MINUTES, "data_post_budget": 10 * _MINUTES}
"""How long clients wait for an answer at least (RFC 5321 section 4.5.3.2); impatient ones wait no longer."""
_WITHIN = (
    ("max_connections_per_ip", "max_connections", "one address can never have so many"),
    ("timeout", "session_timeout", "the connection ends before"),
    ("data_timeout", "session_timeout", "the connection ends before"),
    ("max_line", "max_size", "no message that is taken has such a line"),
    ("size_threshold", "max_size", "no message that is taken is that large, so none ever waits on disk"),
)
"""A limit, the wider one around it, and what it means when it is above that one. A default is no mistake: it may well be above."""


@dataclass(frozen=True, slots=True)
class _Odd:
    """What is odd about a setting: the finding is at its value."""

    code: str
    setting: str
    message: str
    why: str
    help: str


def odd_server(settings: ServerSettings, blocks: Sequence[tree.Server], findings: Findings) -> None:
    """A warning for each setting of `server:` that is surely not meant."""
    written = {setting.name.text: setting.value for block in blocks for setting in block.settings}
    said = {name: value.span for name, value in written.items()}
    _report((*_folders(settings, written), *_names(settings), *_limits(settings), *_budgets(settings)), said, findings)


def odd_listeners(declared: Mapping[str, tree.Listener], settings: Mapping[str, ListenerSettings], findings: Findings) -> None:
    """The same for the settings of each listener."""
    for name, listener in declared.items():
        said = {setting.name.text: setting.value.span for setting in listener.settings}
        _report(_encryption(settings[name]), said, findings)


def _report(odd: Iterator[_Odd] | Sequence[_Odd], said: Mapping[str, Span], findings: Findings) -> None:
    for each in odd:
        if each.setting in said:
            findings.add(each.code, said[each.setting], each.message, why=each.why, help=each.help)


def _folders(settings: ServerSettings, written: Mapping[str, tree.Expression]) -> Iterator[_Odd]:
    for name, what in _KEPT.items():
        path = getattr(settings, name)
        value = written.get(name)
        if isinstance(value, tree.Literal) and not str(value.value).startswith("/"):
            continue  # it is where the rules are
        root = next((root for root in _FLEETING if path == root or path.startswith(f"{root}/")), "")
        if root:
            why = f"everybody may write there, and the system empties it: {what} would be lost"
            yield _Odd("Q619", name, f"`{name}` lies below {root}", why, 'write a folder of its own, as in "/var/spool/qpsmtpd"')


def _names(settings: ServerSettings) -> Iterator[_Odd]:
    name = settings.hostname
    if name and ("." not in name or name.rpartition(".")[2] in _NO_NAMES):
        why = "other servers look at the name in our greeting, and many refuse one that the DNS cannot know"
        help = 'write the name that the DNS has for this machine, as in "mx.example.org"'
        yield _Odd("Q619", "hostname", f'"{name}" is no name by which others know this machine', why, help)


def _limits(settings: ServerSettings) -> Iterator[_Odd]:
    for name, around, meaning in _WITHIN:
        value, most = getattr(settings, name), getattr(settings, around)
        if value > most:
            why = f"`{name}` is {_written(name, value)}, `{around}` is {_written(around, most)}"
            help = f"make `{around}` larger, or `{name}` smaller"
            yield _Odd("Q619", name, f"`{name}` is above `{around}`: {meaning}", why, help)


def _written(name: str, value: float) -> str:
    return f"{value:g} s" if name.endswith("timeout") else f"{value:,g}" if name.startswith("max_conn") else f"{value:,} octets"


def _budgets(settings: ServerSettings) -> Iterator[_Odd]:
    for name, patience in _PATIENCE.items():
        if getattr(settings, name) > patience:
            message = f"`{name}` is longer than clients wait for the answer"
            why = (
                f"after {patience // _MINUTES} minutes a client may give up and come again, with a message that was taken perhaps"
            )
            yield _Odd("Q619", name, message, why, "give the lookups shorter deadlines instead: `timeout = 5s`")


def _encryption(settings: ListenerSettings) -> Iterator[_Odd]:
    endpoints = [parse_endpoint(text) for text in settings.bind]
    ports = {port for _, port in endpoints}
    reachable = any(host != "localhost" and host != "::1" and not host.startswith("127.") for host, _ in endpoints)
    if settings.auth != Auth.OFF and settings.tls == Tls.OFF and reachable:
        why = "AUTH sends the password, and without encryption everybody on the way can read it"
        message = "passwords would cross the network in the clear: this listener offers AUTH and no TLS"
        yield _Odd("Q624", "auth", message, why, "write `tls = required`, too")
    if settings.tls == Tls.IMPLICIT and ports & {25, 587}:
        port = min(ports & {25, 587})
        why = f"clients of port {port} begin in the clear and ask for TLS by STARTTLS; they would understand nothing here"
        help = "write `tls = offered` or `required`; implicit TLS has port 465"
        yield _Odd("Q619", "tls", f"`implicit` TLS is not spoken at port {port}", why, help)
    if settings.protocol == Protocol.LMTP and 25 in ports:
        why = "other servers speak SMTP at port 25, and LMTP is forbidden there (RFC 2033 section 5)"
        yield _Odd("Q619", "protocol", "`lmtp` is not spoken at port 25", why, "give this listener another port")
