"""The settings of `server:` and `listener NAME:`, typed and documented like functions.

A setting is a field: its annotation is its type in the language, its default what holds without it, its text the
manual's. Settings of the language that this version does not have yet are listed in `LATER`, so that the checker
can say so.
"""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qpsmtpd.dsl.model.values import Domain, Duration, Size


def setting(
    default: Any, meaning: str, *, check: Callable[[Any], str] | None = None, restart: bool = False, served: bool = True
) -> Any:
    """A setting: `check` returns what is wrong with a value, or an empty text; `restart` says that a reload keeps the old value.

    `served` is false where this version checks rules for other values than the default, and cannot serve them.
    """
    return field(default=default, metadata={"meaning": meaning, "check": check, "restart": restart, "served": served})


class Tls(enum.StrEnum):
    """When the connections of a listener are encrypted."""

    OFF = "off"
    OFFERED = "offered"
    REQUIRED = "required"
    IMPLICIT = "implicit"


class Auth(enum.StrEnum):
    """Whether the clients of a listener authenticate."""

    OFF = "off"
    OFFERED = "offered"
    REQUIRED = "required"


class Protocol(enum.StrEnum):
    """What is spoken at a listener."""

    SMTP = "smtp"
    LMTP = "lmtp"


class LogLevel(enum.StrEnum):
    """How much a record matters, by our names and by qpsmtpd's."""

    DEBUG = "debug"
    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"
    ALERT = "alert"
    EMERGENCY = "emergency"
    LOGDEBUG = "LOGDEBUG"
    LOGINFO = "LOGINFO"
    LOGNOTICE = "LOGNOTICE"
    LOGWARN = "LOGWARN"
    LOGERROR = "LOGERROR"
    LOGCRIT = "LOGCRIT"
    LOGALERT = "LOGALERT"
    LOGEMERG = "LOGEMERG"
    LOGRADAR = "LOGRADAR"


def level_meant(level: str) -> str:
    """A level by our name: `LOGWARN` is `warning`, `LOGRADAR` is `emergency` as it was for qpsmtpd."""
    short = level.removeprefix("LOG").lower()
    ours = [name.value for name in LogLevel if name.value.islower()]
    return "emergency" if short == "radar" else next(name for name in ours if name.startswith(short))


_CONVERSIONS = "aAbBCdeFgGhHiIjklmMpsSTuUVwWyYzZ%"
"""Those of strftime(3) that give something for the name of a file, and `%i`."""


def _log_name(text: str) -> str:
    if text.startswith("|"):
        return "a command cannot take the log; let it read what `log = stdout` prints, or a named pipe"
    for found in re.finditer("%(.?)", text.replace("%%", "")):
        if not found[1] or found[1] not in _CONVERSIONS:
            return f'"{found[0]}" stands for nothing that the name of a file can have; `%Y-%m-%d` is a day, `%i` the session, `%%` is %'
    return ""


def _endpoints(wanted: tuple[str, ...]) -> str:
    return next((fault for text in wanted if (fault := endpoint_fault(text))), "")


def endpoint_fault(text: str) -> str:
    """What is wrong with `ADDRESS:PORT`, or an empty text."""
    try:
        parse_endpoint(text)
    except ValueError as error:
        return str(error)
    return ""


def parse_endpoint(text: str) -> tuple[str, int]:
    """`0.0.0.0:25`, `[::]:25` or `localhost:2525` as host and port. Raises ValueError with a sentence."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise ValueError(f'"{text}" is not ADDRESS:PORT, as in "0.0.0.0:25" or "[::]:25"')
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        ipaddress.IPv6Address(host)
    elif host != "localhost":
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise ValueError(f'"{host}" is not an address to listen on; write IPv6 addresses in brackets') from None
    return host, int(port)


def state_path(url: str) -> str:
    """`sqlite:///var/lib/qpsmtpd/state.db` as the path of the file. Raises ValueError with a sentence."""
    if url.startswith(("redis:", "rediss:", "valkey:")):
        raise ValueError(f'"{url}": state in Redis is not supported yet; `sqlite:///PATH` is')
    path = url.removeprefix("sqlite://")
    if path == url or not path.startswith("/") or path.endswith("/") or path.startswith("//"):
        raise ValueError(f'"{url}" is not sqlite:///PATH, as in "sqlite:///var/lib/qpsmtpd/state.db"')
    return path


def _state_fault(url: str) -> str:
    try:
        state_path(url)
    except ValueError as error:
        return str(error)
    return ""


def _positive(value: float) -> str:
    return "" if value > 0 else "it must be more than zero"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`server:`: what holds for the whole service."""

    hostname: Domain = setting(
        Domain(""), "our name in the greeting, in Received and in replies; the machine's name unless given"
    )
    config_dir: str = setting("", "where data files are looked for; the folder of the main rules file unless given")
    spool_dir: str = setting(
        "spool", "where messages wait while they are received and delivered; made with mode 0700", restart=True
    )
    state_dir: str = setting(
        "state",
        "where the service keeps its control socket, its process id and, unless `state` says otherwise, its state; made with mode 0700",
        restart=True,
    )
    state: str = setting(
        "",
        "where functions keep what they remember, as `sqlite:///PATH`; the file `state.db` in `state_dir` unless given",
        check=_state_fault,
        restart=True,
    )
    quarantine: str = setting(
        "quarantine", "where quarantined messages go: a Maildir for each name of a quarantine; made with mode 0700"
    )
    max_size: Size = setting(Size(25_000_000), "the largest message taken, announced by SIZE", check=_positive)
    size_threshold: Size = setting(
        Size(256 * 1024), "a message larger than this waits on disk instead of in memory", check=_positive
    )
    max_line: Size = setting(
        Size(64 * 1024), "the longest line of a message that is taken, without its line end", check=_positive
    )
    max_recipients: int = setting(1000, "recipients of one message; more are answered 452", check=_positive)
    max_errors: int = setting(20, "refused or wrong commands in one connection before it is closed with 421", check=_positive)
    max_commands_without_mail: int = setting(
        100, "commands that advance no message (NOOP, RSET, VRFY, ...) before 421", check=_positive
    )
    max_connections: int = setting(1000, "open connections; one more is answered 421", check=_positive)
    max_connections_per_ip: int = setting(50, "open connections from one address", check=_positive)
    timeout: Duration = setting(Duration(300.0), "the time a client has for a command, from the reply before it", check=_positive)
    data_timeout: Duration = setting(Duration(600.0), "the time a client has for a whole message", check=_positive)
    session_timeout: Duration = setting(Duration(3600.0), "the longest a connection may last", check=_positive)
    min_data_rate: Size = setting(Size(500), "octets a second a client must send in DATA, after a grace of 30 s", check=_positive)
    drain_timeout: Duration = setting(Duration(30.0), "how long running sessions may go on after SIGTERM", check=_positive)
    connect_budget: Duration = setting(Duration(20.0), "the time all lookups of `connect` may take together", check=_positive)
    command_budget: Duration = setting(
        Duration(30.0),
        "the time all lookups of `helo`, `mail`, `rcpt`, `data` or another command may take together",
        check=_positive,
    )
    data_post_budget: Duration = setting(
        Duration(120.0), "the time each of `data_post_headers`, `data_post` and the `queue` hooks may take", check=_positive
    )
    resolver: tuple[str, ...] = setting(
        (), "name servers as ADDRESS:PORT; those of /etc/resolv.conf unless given", check=_endpoints
    )
    log: str = setting(
        "stderr",
        "where log records go: `stderr`, `stdout` or a file name, in which `%Y-%m-%d` and the like (strftime) stand for the time and `%i` for the session",
        check=_log_name,
    )
    log_level: LogLevel = setting(
        LogLevel.DEBUG,
        "records of this level and of those above are kept: `debug` `info` `notice` `warning` `error` `critical` `alert` `emergency`, or by qpsmtpd's names",
    )
    log_nosplit: bool = setting(False, "the records of a session stay in one file, where the name of the file has a time in it")


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """`listener NAME:`: what holds for the connections to some addresses."""

    bind: tuple[str, ...] = setting(
        ("127.0.0.1:2525",), "addresses to listen on: `ADDRESS:PORT`, one or a list", check=_endpoints, restart=True
    )
    tls: Tls = setting(
        Tls.OFF, "encryption: `off`, `offered` (STARTTLS), `required` before mail, or `implicit` from the start", served=False
    )
    auth: Auth = setting(Auth.OFF, "AUTH: `off`, `offered`, or `required` before mail", served=False)
    protocol: Protocol = setting(Protocol.SMTP, "what is spoken: `smtp` or `lmtp`", served=False)


LATER = frozenset(
    {
        "limits",
        "metrics",
        "prefetch",
        "proxy",
        "received",
        "replies",
        "user",
        "workers",
    }
)
"""Settings of the language that this version refuses by saying so."""


_CONNECTING = ("pre_connection", "connect")
_WITH_MESSAGE = ("data_post_headers", "data_post", "queue_pre", "queue", "queue_post")


def budget_setting(hook: str) -> str:
    """The setting that says how long all lookups of a hook may take together."""
    if hook in _WITH_MESSAGE:
        return "data_post_budget"
    return "connect_budget" if hook in _CONNECTING else "command_budget"


def unserved(settings: ServerSettings | ListenerSettings) -> list[str]:
    """The settings whose values this version checks rules for and cannot serve."""
    return [f.name for f in dataclasses.fields(settings) if not f.metadata["served"] and getattr(settings, f.name) != f.default]


def meanings(settings: type) -> dict[str, str]:
    """Each setting's text, for the manual and for `did you mean`."""
    return {f.name: f.metadata["meaning"] for f in dataclasses.fields(settings)}
