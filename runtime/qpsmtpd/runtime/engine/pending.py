"""Verdicts that are decided now and said later (`deny at rcpt`): how one is kept, and when it is dropped instead.

The first one kept wins. It stays kept when it has been said, so that every recipient hears it; a client that has proved by
then to be somebody better known hears nothing of it. Which hook asks for it is decided by the rules, how long it
is kept by the dialogue.
"""

from __future__ import annotations

from typing import Protocol

from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.engine.shadow import Supposing, would_have


class Keeper(Supposing, Protocol):
    """The session, as far as keeping a verdict needs it."""

    kept: tuple[str, Verdict] | None
    """The hook at which it is to be said, and the verdict."""
    authenticated: bool
    relay: bool
    trusted: bool


class Keeping:
    """What compiled rules call on a session."""

    __slots__ = ()
    kept: tuple[str, Verdict] | None

    @property
    def pending(self: Keeper) -> bool:
        """A verdict is kept for a later hook."""
        return self.kept is not None

    def keep_for(self: Keeper, hook: str, verdict: Verdict) -> None:
        """Keeps a verdict for a later hook, unless there is one already."""
        if self.kept is None:
            self.kept = hook, verdict
            if self.shadow:
                would_have(self, verdict, at=hook)
            else:
                _record(self, "pending", hook, verdict)
        elif not self.shadow:
            _record(self, "pending-ignored", hook, verdict, first=self.kept[1].rule)

    def enforced(self: Keeper, hook: str) -> Verdict | None:
        """The verdict that is kept for this hook; dropped when the client has authenticated, may relay or is trusted."""
        if self.kept is None or self.kept[0] != hook:
            return None
        reason = "authenticated" if self.authenticated else "relay" if self.relay else "trusted" if self.trusted else ""
        if not reason:
            return self.kept[1]
        if not self.shadow:
            _record(self, "pending-dropped", *self.kept, because=reason)
        self.kept = None
        return None


def _record(session: Keeper, event: str, hook: str, verdict: Verdict, **more: str) -> None:
    session.services.journal.record(
        event,
        session=session.session_id,
        hook=session.hook,
        at=hook,
        verdict=verdict.verb.value,
        rule=verdict.rule,
        text=verdict.text,
        **more,
    )
