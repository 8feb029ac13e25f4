"""The journal: one JSON object a line for each event of the service and its sessions.

It decides how a record is written, and that nothing a peer sent gets out of its quotes: output is ASCII, control
characters are escaped, octets read as latin-1, long values cut. It knows no event by name. Records come from the
event loop's thread only.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from json.encoder import encode_basestring_ascii as quoted

from qpsmtpd.runtime.observe.log_files import Target
from qpsmtpd.runtime.observe.sink import Sink

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""qpsmtpd's levels, lowest first."""
LONGEST = 1000
"""Characters of a value that are kept."""
DEEPEST = 4
MANY = 100
"""Elements of a list or map that are kept."""

_HEADS = {level: f'Z","level":"{level}","event":' for level in LEVELS}
_URGENT = frozenset(LEVELS[LEVELS.index("warning") :])
_BATCH = 4096
_INTERVAL = 0.1
_END = "}\n"

Later = Callable[[float, Callable[[], None]], object]
"""Calls something after so many seconds: a loop's `call_later`."""


class Journal:
    """Takes records, gathers them, and hands them to the sink.

    A record waits at most a tenth of a second, and not at all from level `warning` on or before `attend` gave it a timer.
    """

    def __init__(self, sink: Sink, *, clock: Callable[[], float] = time.time) -> None:
        self._sink = sink
        self._clock = clock
        self._later: Later | None = None
        self._lines: list[str] = []
        self._second = -1
        self._stamp = ""
        self._timed = False
        self._quiet: frozenset[str] = frozenset()

    def record(self, event: str, level: str = "info", **fields: object) -> None:
        """Writes one record; never raises, whatever the values are."""
        self.write(event, level, fields, _END)

    def naming(self, digest: str) -> RulesJournal:
        """The same journal for sessions under certain rules: each record names their digest."""
        return RulesJournal(self, digest)

    def keep_from(self, level: str) -> None:
        """Records below that level are left out from now on."""
        self._quiet = frozenset(LEVELS[: LEVELS.index(level)])

    def attend(self, later: Later) -> None:
        """Gathers records from now on; `later` is the loop's timer."""
        self._later = later

    def recorder(self, event: str, level: str, *names: str) -> Callable[..., None]:
        """`record` for an event that comes often: called with the values in the order of `names`."""
        return self.writer((event, level, *names), _END)

    def writer(self, shape: tuple[str, ...], end: str) -> Callable[..., None]:
        """`recorder` for those who add something of their own: `end` is the rest of the line."""
        written, level = _learn(shape), shape[1]

        def record(*values: object) -> None:
            if level in self._quiet:
                return
            self._put(written(*values), level, end)

        return record

    def write(self, event: str, level: str, fields: Mapping[str, object], end: str) -> None:
        """`record` for those who add something of their own: `end` is the rest of the line."""
        if level in self._quiet:
            return
        written = _learn((event, level, *fields))
        self._put(written(*fields.values()), level, end)

    def _put(self, body: str, level: str, end: str) -> None:
        now = self._clock()
        second = int(now)
        if second != self._second:
            # the sink gets lines of one second together: the name of their file may follow from it
            self.flush()
            self._second = second
            self._stamp = time.strftime('{"ts":"%Y-%m-%dT%H:%M:%S.', time.gmtime(second))
        line = f"{self._stamp}{int((now - second) * 1000):03d}{body}{end}"
        lines = self._lines
        # JSON lets DEL stand as it is; a terminal does not
        lines.append(line.replace("\x7f", "\\u007f") if "\x7f" in line else line)
        if level in _URGENT or len(lines) >= _BATCH or self._later is None:
            self.flush()
        elif not self._timed:
            self._timed = True
            self._later(_INTERVAL, self._due)

    def _due(self) -> None:
        self._timed = False
        self.flush()

    def flush(self) -> None:
        """Hands everything gathered to the sink."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._sink.write("".join(lines).encode("ascii"), self._second)

    def reopen(self, target: Target) -> None:
        """Goes on in `target`, opened afresh: for log rotation, and for rules that name another file."""
        self.flush()
        self._sink.reopen(target)

    def close(self) -> None:
        self.flush()
        self._sink.close()

    @property
    def lost(self) -> int:
        """Records that could not be written."""
        return self._sink.lost

    @property
    def trouble(self) -> str:
        """What is wrong with the sink, empty while all is well."""
        return self._sink.trouble


class RulesJournal:
    """A journal whose every record names the digest of the rules it was made under."""

    __slots__ = ("_end", "_journal")

    def __init__(self, journal: Journal, digest: str) -> None:
        self._journal = journal
        self._end = f',"rules":{quoted(digest)}{_END}'

    def record(self, event: str, level: str = "info", **fields: object) -> None:
        """Writes one record; never raises, whatever the values are."""
        self._journal.write(event, level, fields, self._end)

    def recorder(self, event: str, level: str, *names: str) -> Callable[..., None]:
        """`record` for an event that comes often: called with the values in the order of `names`."""
        return self._journal.writer((event, level, *names), self._end)


@functools.cache
def _learn(shape: tuple[str, ...]) -> Callable[..., str]:
    """Writes the code that writes records of an event with those fields, as `dataclasses` and `namedtuple` do: a loop is slower by far.

    Names are keywords in our own source; what a peer sent is only ever a value.
    """
    event, level, *names = shape
    constants = [(_HEADS.get(level) or _HEADS["error"]) + quoted(event), *(f",{quoted(name)}:" for name in names)]
    values = [f"v{number}" for number in range(len(names))]
    parts = [repr(constants[0])]
    for constant, value in zip(constants[1:], values, strict=True):
        parts += [repr(constant), f'f"{{({_VALUE.format(value)})}}"']
    # constants and f-strings that stand side by side are one f-string
    written: Callable[..., str] = eval(f"lambda {', '.join(values)}: {' '.join(parts)}", {"quoted": quoted, "written": _written})
    return written


_VALUE = (
    f"quoted({{0}}) if (kind := type({{0}})) is str and len({{0}}) <= {LONGEST} "
    f"else {{0}} if kind is int and {-(2**63)} <= {{0}} < {2**63} else written({{0}})"
)
"""The code that writes a value; most are short texts or numbers, so those take no further call."""


def _written(value: object) -> str:
    return _WRITERS.get(type(value), _other)(value)


def _text(value: str) -> str:
    return quoted(value if len(value) <= LONGEST else value[: LONGEST - 1] + "…")


def _octets(value: bytes) -> str:
    return _text(value[: LONGEST + 1].decode("latin-1"))


def _float(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'"{value}"'


def _int(value: int) -> str:
    return str(value) if value.bit_length() <= 64 else _text(f"{value:#x}")


def _list(value: Collection[object], depth: int = 0) -> str:
    kept = islice(value, MANY)
    return f"[{','.join([quoted(v) if type(v) is str and len(v) <= LONGEST else _other(v, depth + 1) for v in kept])}]"


def _other(value: object, depth: int = 0) -> str:
    """Values without an entry in the table; one that cannot even say what it is, is named by its class."""
    try:
        if depth < DEEPEST and isinstance(value, Mapping):
            pairs = islice(value.items(), MANY)
            return "{" + ",".join(f"{_text(str(k))}:{_other(v, depth + 1)}" for k, v in pairs) + "}"
        if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return _list(value, depth)
        writer = _WRITERS.get(type(value))
        return _text(str(value)) if writer is None or writer is _list else writer(value)
    except Exception:  # noqa: BLE001 - a value's own code may raise anything; the record is worth more than the value
        return quoted(f"unprintable {type(value).__name__}")


_WRITERS: dict[type, Callable[..., str]] = {
    str: _text,
    int: _int,
    float: _float,
    bool: lambda value: "true" if value else "false",
    bytes: _octets,
    bytearray: _octets,
    type(None): lambda value: "null",
    list: _list,
    tuple: _list,
}
