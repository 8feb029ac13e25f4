"""Rules in shadow: they run on a copy of session and transaction, and what they would have decided is recorded and counted.

Each run gets a fresh copy, so rules see what is, and change nothing. What a policy in shadow changes on its copies is
remembered as changes, and made again on its next copy, for as long as the change would last if the policy were not in shadow:
until the transaction ends, until the next HELO, or until the connection ends. Lookups share their answers with the
session itself, and the time that its hook has. A fault in a shadowed rule is a record and nothing else.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self

from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.model.verdicts import Verdict
from qpsmtpd.runtime.engine.lookups import Asker

_OBSERVING = frozenset(name for name, hook in HOOKS.items() if hook.final == "observe only")
_FORGOTTEN = object()
"""The owner of changes that do not last: those of hooks that only look on, and of commands outside a transaction."""

Place = tuple[str, str]
"""Whose attribute (`session`, `connection` or `transaction`, the last two for variables), and its name."""

_KARMA: Place = ("session", "karma")
_SYMBOLS: Place = ("session", "symbols")
_NUMBERS = (("session", "score"), _KARMA)
_SET = ("kept", "karma", "relay", "score", "symbols", "trusted")
"""What rules set of a session itself."""


class Supposing(Asker, Protocol):
    """The session, as far as a record needs it."""

    hook: str
    """The hook whose rules run."""


class Copied(Supposing, Protocol):
    """The session, as far as shadowed rules need it."""

    helo: Any
    karma: float
    vars: Any
    layers: dict[str, list[_Layer]] | None
    """For each policy in shadow what it has changed."""

    def twin(self, transaction: Any, rule: str) -> Self:
        """A copy for shadowed rules, with a copy of this transaction."""


class Shadowing:
    """What compiled rules call on a session."""

    __slots__ = ()

    def would(self: Copied, rule: str, code: Callable[[Any, Any], Verdict | None], t: Any, key: str) -> None:
        """Runs shadowed rules. With the same `key` they find again what they have changed before; an empty one has no memory."""
        trial = _Trial(self, rule, t, key)
        try:
            trial.ended(code(trial.session, trial.session.transaction))
        except Exception as error:  # noqa: BLE001 - whatever happens in shadow stays there
            trial.failed(error)

    async def would_wait(
        self: Copied, rule: str, code: Callable[[Any, Any], Awaitable[Verdict | None]], t: Any, key: str
    ) -> None:
        """The same for rules that wait."""
        trial = _Trial(self, rule, t, key)
        try:
            trial.ended(await code(trial.session, trial.session.transaction))
        except Exception as error:  # noqa: BLE001 - whatever happens in shadow stays there
            trial.failed(error)


def would_have(session: Supposing, verdict: Verdict, *, at: str = "") -> None:
    """Records and counts what a shadowed rule would have decided; `at` is the later hook for which it would have been kept."""
    services = session.services
    services.would_have[verdict.rule, verdict.verb.value] += 1
    services.journal.record(
        "would-have",
        session=session.session_id,
        shadow=session.shadow,
        hook=session.hook,
        rule=verdict.rule,
        verdict=verdict.verb.value,
        code=verdict.code,
        text=verdict.text,
        **({"at": at} if at else {}),
    )


class _Layer:
    """What a policy in shadow has changed and what lives as long as `owner`: a transaction, a HELO, or the connection (None)."""

    __slots__ = ("changes", "owner")

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.changes: dict[Place, Any] = {}

    def lay(self, places: dict[str, Any]) -> None:
        """Makes the changes again."""
        for place, change in self.changes.items():
            where, name = place
            target = places[where]
            setattr(target, name, _changed(place, getattr(target, name), change))

    def learn(self, place: Place, before: Any, after: Any) -> None:
        """Remembers one more change."""
        if place in _NUMBERS:
            change: Any = round(self.changes.get(place, 0) + after - before, 2)
        elif place == _SYMBOLS:
            change = (*self.changes.get(place, ()), *(symbol for symbol in after if symbol not in before))
        else:
            change = after
        self.changes[place] = change


def _changed(place: Place, value: Any, change: Any) -> Any:
    if place in _NUMBERS:
        return round(value + change, 2)
    if place == _SYMBOLS:
        return (*value, *(symbol for symbol in change if symbol not in value))
    return change


class _Trial:
    """One run of shadowed rules."""

    def __init__(self, session: Copied, rule: str, transaction: Any, key: str) -> None:
        self._real = session
        self._transaction = transaction
        self._key = key
        self.session = session.twin(transaction, rule)
        self._layers = self._living() if key else []
        places = _places(self.session)
        for layer in self._layers:
            layer.lay(places)
        self._before = dict(_values(places)) if key else {}

    def ended(self, verdict: Verdict | None) -> None:
        """The rules have come to their end."""
        if verdict is not None:
            would_have(self.session, verdict)
        if not self._key:
            return
        for place, after in _values(_places(self.session)):
            before = self._before[place]
            if after is not before and after != before:
                self._layer(self._owner(place)).learn(place, before, after)
        if self._real.layers is None:
            self._real.layers = {}
        self._real.layers[self._key] = [layer for layer in self._layers if layer.owner is not _FORGOTTEN]

    def failed(self, error: Exception) -> None:
        """The rules have raised."""
        session = self.session
        session.services.journal.record(
            "error",
            level="error",
            session=session.session_id,
            shadow=session.shadow,
            hook=session.hook,
            error=type(error).__name__,
            traceback="".join(traceback.format_exception(error)),
        )

    def _living(self) -> list[_Layer]:
        alive = (None, self._real.helo, self._transaction)
        kept = (self._real.layers or {}).get(self._key, [])
        return [layer for layer in kept if any(layer.owner is owner for owner in alive)]

    def _layer(self, owner: object) -> _Layer:
        found = next((layer for layer in self._layers if layer.owner is owner), None)
        if found is None:
            found = _Layer(owner)
            self._layers.append(found)
        return found

    def _owner(self, place: Place) -> object:
        """What a change ends with."""
        real = self._real
        where = place[0]
        if where == "transaction":
            return self._transaction
        if place == _KARMA:
            return None
        if real.hook == "helo":
            return real.helo
        if where == "connection":
            # what a HELO has set goes back with it, whatever has become of it since
            by_helo = any(layer.owner is real.helo and place in layer.changes for layer in self._layers)
            return real.helo if by_helo else None
        if real.hook in ("pre_connection", "connect"):
            return None
        return _FORGOTTEN if self._transaction is None or real.hook in _OBSERVING else self._transaction


def _places(session: Copied) -> dict[str, Any]:
    """What rules can set: the session, and the variables there are."""
    found: dict[str, Any] = {"session": session}
    if session.vars is not None:
        found["connection"] = session.vars
    transaction: Any = session.transaction
    if transaction is not None and transaction.vars is not None:
        found["transaction"] = transaction.vars
    return found


def _values(places: dict[str, Any]) -> list[tuple[Place, Any]]:
    session = places["session"]
    found: list[tuple[Place, Any]] = [(("session", name), getattr(session, name)) for name in _SET]
    for where in ("connection", "transaction"):
        if where in places:
            found += [((where, name), value) for name, value in vars(places[where]).items()]
    return found
