"""The benchmark, start to end: install what is missing, start the servers, measure in alternation, print the tables.

`language` measures the language by itself instead: see language.py; `line-up` compares the classic line-up with that of
other servers: see line_up.py.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import install, line_up, place, report
from bench.line_up_servers import SERVERS
from bench.load import MEASURES, Failed, Measure, memory_per_connection, once
from bench.rounds import Cell, Plan, measure_all
from bench.servers import COMMANDS, HARAKA, OURS, SINK, DidNotStart, Fleet, Server

_WARM_UP = 20_000
"""Messages that Haraka gets first: its CPU a message falls by half until V8 has compiled it."""
_WARM_UP_RUN = 5_000


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=["servers", "language", "line-up"], default="servers", help="what to measure (servers)"
    )
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    parser.add_argument("--rounds", type=int, help="rounds of each measure (5; 2 with --quick)")
    parser.add_argument("--seconds", type=float, help="seconds a run lasts, about (1, line-up 4; half with --quick)")
    parser.add_argument("--idle", type=int, default=5000, help="idle connections to hold open (5000)")
    parser.add_argument(
        "--only", action="append", choices=list({**COMMANDS, **SERVERS}), help="measure only this server (may be repeated)"
    )
    parser.add_argument("--json", type=Path, help="also write every run to this file")
    chosen = parser.parse_args(words)
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 5)
    # scanned messages are few a second, and the system counts CPU in hundredths of a second
    usual = 4.0 if chosen.what == "line-up" else 1.0
    chosen.seconds = chosen.seconds or (usual / 2 if chosen.quick else usual)
    return chosen


def warm_up(server: Server) -> None:
    """Sends the first messages of a server's life. Raises Failed."""
    for _ in range(_WARM_UP // _WARM_UP_RUN):
        once(Measure("warm-up", 4096, many=True), server, _WARM_UP_RUN)


def idle_memory(servers: Sequence[Server], count: int) -> dict[str, float]:
    """KiB per idle connection of every server that holds so many."""
    found = {}
    for server in servers:
        try:
            found[server.name] = memory_per_connection(server, count)
        except Failed as failure:
            print(failure, file=sys.stderr)
    return found


def save(path: Path, cells: Sequence[Cell[Measure]], memory: dict[str, float]) -> None:
    """Every run as JSON, for later comparison."""
    runs = [dataclasses.asdict(cell) for cell in cells]
    path.write_text(json.dumps({"measures": runs, "kib_per_idle_connection": memory}, indent=1))


def measure(chosen: argparse.Namespace) -> bool:
    """Runs everything and prints it; false when one of the servers or runs that the goals name has failed."""
    names = [name for name in COMMANDS if not chosen.only or name in chosen.only]
    with Fleet() as fleet:
        for name in names:
            fleet.start(name)
        # memory first: a server that has worked keeps free memory that would hide what connections need
        memory = idle_memory(fleet.servers, chosen.idle)
        for server in fleet.servers:
            if server.name == HARAKA:
                print("warming Haraka up", file=sys.stderr)
                warm_up(server)
        cells = []
        for wanted in MEASURES:
            print(f"measuring: {wanted.title}", file=sys.stderr)
            cells.append(measure_all(wanted, fleet.servers, Plan(chosen.rounds, chosen.seconds)))
    print(report.heading(), "", report.results(cells, memory, names, chosen.idle), "", report.rates(cells, names), sep="\n")
    if chosen.json:
        save(chosen.json, cells, memory)
    judged = {SINK, HARAKA, OURS} & set(names)
    return all(judged <= cell.runs.keys() for cell in cells)


def main(words: Sequence[str] | None = None) -> int:
    chosen = arguments(words)
    try:
        if chosen.what == "language":
            install.python()
            return subprocess.run([place.PYTHON, "-m", "bench.language"], env=place.for_language(), check=False).returncode
        if chosen.what == "line-up":
            install.line_up()
            names = [name for name in SERVERS if not chosen.only or name in chosen.only]
            return line_up.privately([str(chosen.rounds), str(chosen.seconds), *names])
        install.install()
        return 0 if measure(chosen) else 1
    except (install.Missing, DidNotStart, Failed) as failure:
        print(failure, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
