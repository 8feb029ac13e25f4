"""Prints the results as Markdown: CPU with the ratios that the goals are about first, then memory, then rates."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench import place
from bench.load import IDLE_GOAL, Measure
from bench.rounds import Cell
from bench.servers import HARAKA, OURS, SINK


def number(value: float) -> str:
    """Three significant digits or so."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def heading() -> str:
    """What was measured, on what, when."""
    commit = subprocess.run(
        ["git", "-C", place.CHECKOUT, "rev-parse", "--short", "HEAD"], capture_output=True, check=False, text=True
    )
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}, commit {commit.stdout.strip() or 'unknown'}, "
        f"Python {platform.python_version()} for all Python servers, {os.cpu_count()} cores, load {load}"
    )


def results(cells: Sequence[Cell[Measure]], memory: Mapping[str, float], names: Sequence[str], idle: int) -> str:
    """The main table: a row a measure, a column a server, then our ratios, the goal, and whether it is met."""
    head = ["CPU µs each", *names, f"{OURS} to {SINK}", f"{OURS} to {HARAKA}", "goal", "met"]
    lines = [row(head), row(["---"] * len(head))]
    for cell in cells:
        values = [number(cell.cpu(name)) if name in cell.runs else "failed" for name in names]
        lines.append(row([cell.measure.title, *values, *_judged(cell)]))
    values = [number(memory[name]) if name in memory else "failed" for name in names]
    mine = memory.get(OURS)
    met = "" if mine is None else "yes" if mine <= IDLE_GOAL else "NO"
    lines.append(row([f"KiB per idle connection ({idle} open)", *values, "", "", f"≤ {IDLE_GOAL:g} KiB", met]))
    return "\n".join(lines)


def _judged(cell: Cell[Measure]) -> list[str]:
    """Our ratios to smtp-sink and to Haraka, the goal in words, and whether it is met."""
    ratios = {base: cell.ratio(OURS, base) for base in (SINK, HARAKA) if OURS in cell.runs and base in cell.runs}
    goals = {SINK: cell.measure.goal, HARAKA: cell.measure.haraka}
    wanted = {base: goal for base, goal in goals.items() if goal is not None}
    words = " and ".join(f"≤ {goal:g} × {base}" for base, goal in wanted.items())
    known = wanted and ratios.keys() >= wanted.keys()
    met = "" if not known else "yes" if all(ratios[base] <= goal for base, goal in wanted.items()) else "NO"
    shown = [f"{ratios[base]:.2f}" if base in ratios else "" for base in (SINK, HARAKA)]
    return [*shown, words, met]


def rates(cells: Sequence[Cell[Any]], names: Sequence[str]) -> str:
    """How many a second, with the cores that strangers used meanwhile: for orientation only."""
    lines = [row(["a second (others' cores)", *names]), row(["---"] * (len(names) + 1))]
    for cell in cells:
        values = [f"{number(cell.rate(n))} ({cell.others(n):.2f})" if n in cell.runs else "—" for n in names]
        lines.append(row([cell.measure.title, *values]))
    return "\n".join(lines)


def row(values: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(values) + " |"
