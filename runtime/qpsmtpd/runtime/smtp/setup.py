"""What all connections of one listener under one program share, made once: replies, limits and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qpsmtpd.dsl.model.program import HookCode, ListenerProgram
from qpsmtpd.dsl.model.settings import ServerSettings, budget_setting
from qpsmtpd.dsl.model.verdicts import reply_bytes
from qpsmtpd.runtime.engine.services import Services
from qpsmtpd.runtime.smtp.body import BodyLimits

MESSAGE_FIELDS = ("session", "number", "ip", "sender", "recipients", "size", "verdict", "rule", "text", "score")
END_FIELDS = ("session", "ip", "listener", "helo", "reason", "messages")


@dataclass(frozen=True, slots=True)
class Setup:
    """Frozen: a reload makes a new one, and each connection keeps the one it began with."""

    listener: str
    hostname: str
    services: Services
    settings: ServerSettings
    hooks: Mapping[str, HookCode]
    connection_vars: Mapping[str, Any]
    transaction_vars: Mapping[str, Any]
    data_headers_end: bool
    """There are rules for this hook, which most listeners have none for: asking that costs nothing. Likewise below."""
    data_post_headers: bool
    queue_pre: bool
    denied: bool
    accepted: bool
    reset_transaction: bool
    limits: BodyLimits
    banner: bytes
    helo: bytes
    ehlo: bytes
    record_message: Callable[..., None]
    """Records a message, by the values of `MESSAGE_FIELDS`."""
    record_end: Callable[..., None]
    """Records the end of a connection, by the values of `END_FIELDS`."""

    def budget(self, hook: str) -> float:
        """Seconds that all lookups of a hook may take together."""
        return float(getattr(self.settings, budget_setting(hook)))


def set_up(listener: ListenerProgram, settings: ServerSettings, services: Services) -> Setup:
    """The shared part of a listener's connections."""
    hostname = services.site.hostname
    offers = (hostname, "PIPELINING", f"SIZE {settings.max_size}", "8BITMIME", "ENHANCEDSTATUSCODES", "HELP")
    return Setup(
        listener=listener.name,
        hostname=hostname,
        services=services,
        settings=settings,
        hooks=listener.hooks,
        connection_vars=listener.connection_vars,
        transaction_vars=listener.transaction_vars,
        data_headers_end="data_headers_end" in listener.hooks,
        data_post_headers="data_post_headers" in listener.hooks,
        queue_pre="queue_pre" in listener.hooks,
        denied="denied" in listener.hooks,
        accepted="accepted" in listener.hooks,
        reset_transaction="reset_transaction" in listener.hooks,
        limits=BodyLimits(settings.max_size, settings.max_line, settings.size_threshold),
        banner=reply_bytes(220, "", f"{hostname} ESMTP"),
        helo=reply_bytes(250, "", hostname),
        ehlo=reply_bytes(250, "", "\n".join(offers)),
        record_message=services.journal.recorder("message", "info", *MESSAGE_FIELDS),
        record_end=services.journal.recorder("disconnect", "info", *END_FIELDS),
    )
