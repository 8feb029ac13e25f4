"""What a program must have to be served, and what a new one may not have lost."""

from __future__ import annotations

from pathlib import Path

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.program import ListenerProgram, Program
from qpsmtpd.dsl.model.settings import Auth, ListenerSettings, ServerSettings, Tls
from qpsmtpd.runtime.service.rules import Loaded, not_served, vanished

_FILE = Path("/rules.q")


def _program(*listeners):
    return Program("x", ServerSettings(), listeners, "/")


def _listener(name="mx", settings=None, **more):
    return ListenerProgram(name, settings or ListenerSettings(), more.pop("hooks", {}), **more)


def _lost(new, old):
    return vanished(new, old, Loaded(new, Findings(), frozenset({_FILE}), frozenset()), frozenset())


def test_settings_that_cannot_be_served_are_named_with_their_listener():
    submission = _listener("submission", ListenerSettings(tls=Tls.REQUIRED, auth=Auth.OFFERED))
    assert not_served(_program(_listener(), submission)) == (
        "listener submission: `tls = required` is checked, but this version cannot serve it yet",
        "listener submission: `auth = offered` is checked, but this version cannot serve it yet",
    )


def test_the_usual_settings_can_be_served():
    assert not_served(_program(_listener())) == ()


def test_hooks_and_requirements_that_are_gone_are_named():
    old = _listener(hooks={"mail": None, "rcpt": None}, requires=("clamdscan before queue", "spf before rcpt"))
    new = _listener(hooks={"rcpt": None, "data": None}, requires=("spf before rcpt",))
    assert _lost(_program(new), _program(old)) == (
        "`on mail` at listener mx is gone",
        "`require clamdscan before queue` at listener mx is gone",
    )
    assert _lost(_program(old), _program(old)) == ()
