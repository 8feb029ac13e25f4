"""What `qpsmtpd status` says: collected by the service, put into words by the command."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

Status = Mapping[str, Any]


def in_words(status: Status) -> str:
    """The status for people; times are local."""
    lines = [
        f"qpsmtpd {status['version']}, process {status['pid']}, up {duration(status['uptime'])}",
        f"rules     {status['rules']} ({status['digest']}), loaded {moment(status['loaded'])}",
        *_listeners(status["listeners"]),
        f"sessions  {status['sessions']} open",
        *(
            f"{'counters' if not n else '':9} {name} {count}"
            for n, (name, count) in enumerate(sorted(status["counters"].items()))
        ),
        *_shadows(status["would_have"]),
        *_reload(status),
        *_journal(status["journal"]),
    ]
    return "\n".join(lines)


def _listeners(listeners: Mapping[str, list[str]]) -> list[str]:
    rows = [f"{name} on {', '.join(addresses)}" for name, addresses in listeners.items()]
    return [f"{'listeners' if not n else '':9} {row}" for n, row in enumerate(rows)]


def _shadows(rows: list[dict[str, Any]]) -> list[str]:
    said = [f"{row['rule']} would have said {row['verdict']} {row['count']} times" for row in rows]
    return [f"{'shadow' if not n else '':9} {words}" for n, words in enumerate(said)]


def _reload(status: Status) -> list[str]:
    last = status["last_reload"]
    if last is None:
        return ["reload    none yet"]
    lines = [f"reload    {last['result']} {moment(last['at'])}"]
    lines += [f"          {reason}" for reason in last["reasons"]]
    lines += [f"          needs a restart: {setting}" for setting in last["restarts"]]
    if last["text"]:
        lines += ["", last["text"].rstrip("\n")]
    return lines


def _journal(journal: Status) -> list[str]:
    if not journal["lost"] and not journal["trouble"]:
        return []
    return [f"journal   {journal['lost']} records lost; {journal['trouble'] or 'well again'}"]


def moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def duration(seconds: float) -> str:
    """`3 d 4 h`, `4 h 5 min`, `5 min 6 s` or `6 s`."""
    whole = int(seconds)
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{count} {unit}" for count, unit in parts[:2])
