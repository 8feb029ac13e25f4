"""What a server's process tree has used: CPU seconds and memory, read from /proc."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name; empty when the process has gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def tree(root: int) -> list[int]:
    """The root and all its live descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def cpu(root: int) -> float:
    """User and system seconds of the tree, reaped children included."""
    total = 0
    for pid in tree(root):
        if fields := _fields(pid):
            total += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return total / _TICK


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a tree in KiB: its proportional share, and its resident set."""

    pss: int
    rss: int


def memory(root: int) -> Memory:
    """The memory of the tree now."""
    pss = rss = 0
    for pid in tree(root):
        try:
            text = (_PROC / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        pss += sum(int(kib) for kib in re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE))
        rss += sum(int(kib) for kib in re.findall(r"^Rss:\s+(\d+)", text, re.MULTILINE))
    return Memory(pss, rss)


def machine() -> float:
    """CPU seconds that the whole machine has used."""
    ticks = [int(value) for value in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
    return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / _TICK


def own() -> float:
    """CPU seconds of this process and the children it has reaped: the load clients."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
