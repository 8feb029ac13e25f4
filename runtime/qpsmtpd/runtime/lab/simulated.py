"""What STARTTLS and AUTH leave behind, done to a session of the lab: nothing of either is spoken there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace

from qpsmtpd.runtime.lab.line import Line, Reply
from qpsmtpd.runtime.lab.record import Said
from qpsmtpd.runtime.smtp.session import Helo
from qpsmtpd.runtime.smtp.states import NEW


def _tls(line: Line) -> list[Reply]:
    """What STARTTLS leaves behind: the client is encrypted, and must greet again (RFC 3207 section 4.2)."""
    machine, session = line.machine, line.session
    machine.drop()
    machine.state = NEW
    session.helo, session.esmtp = Helo(""), False
    session.restore(machine.at_connect)
    session.authenticated, session.user = False, None
    session.tls = SimpleNamespace(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", subject=None)
    line.record.add(Said("", "encrypted from here on (simulated)"))
    return [Reply(220, "2.0.0", "")]


def _auth(line: Line, user: str) -> list[Reply]:
    """What a successful AUTH leaves behind."""
    session = line.session
    session.authenticated, session.relay, session.user = True, True, user
    line.record.add(Said("", f"authenticated as {user} (simulated)"))
    return [Reply(235, "2.7.0", "")]


SIMULATED: Mapping[str, Callable[..., list[Reply]]] = {"tls": _tls, "auth": _auth}
"""The steps that are not spoken, and what each answers."""
