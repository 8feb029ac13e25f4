"""Compares the classic line-up on this project with qpsmtpd and Haraka: CPU per refused connection, refused recipient and accepted message.

Everything runs in a network of its own, so that addresses, ports and names can be as they are on the Internet, and in a mount
namespace of its own, where /mnt holds the daemons' sockets. Before anything is measured the client passes greylisting everywhere,
and each server shows that it has both scanners asked.
"""

from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate

from bench import line_up_daemons, place, report
from bench.line_up_daemons import CLIENT, EICAR, GTUBE, LISTED, NETWORK
from bench.line_up_servers import DELAY, QPSMTPD, SERVERS
from bench.load import Failed, amount, once, source
from bench.rounds import Cell, Plan, measure_all
from bench.servers import HARAKA, OURS, DidNotStart, Fleet, Server

_PRIVATE = (
    "mount --make-rprivate / && mount -t tmpfs tmpfs /mnt && ip link set lo up"
    f' && ip route add local {NETWORK} dev lo && exec "$@"'
)
"""Addresses that no interface has are ours by a route: to Haraka, a client that has the address of an interface is a friend."""
_GOALS = {QPSMTPD: 0.2, HARAKA: 1.0}
"""Our CPU is to be at most so many times theirs."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What clients try: the mode of the load client, the address they have, how often in each connection, and who allows it."""

    title: str
    mode: str
    address: str = CLIENT
    each: int = 1
    concurrent: int = 50
    allowed_by: tuple[str, ...] = ()

    def command(self, server: Server, count: int) -> list[str]:
        """smtpload for what is refused, smtp-source for messages."""
        sessions = min(self.concurrent, count)
        if self.mode == "message":
            many = ["-d"] if self.each > 1 else []
            return source([*amount(count, sessions, 4096), *many], self.address, server.port)
        where = [self.address, str(server.port), str(count), str(sessions)]
        return [str(place.LOAD_CLIENT), self.mode, *where, "-", str(self.each)]


_ATTEMPTS = (
    Attempt("refused connection: listed client", "listed", LISTED),
    # Haraka's early_talker finds them, but where it says so Haraka takes no answer
    Attempt("refused connection: early talker", "early", allowed_by=(HARAKA,)),
    Attempt("refused recipient, one a connection", "alien"),
    Attempt("refused recipient, ten a connection", "alien", each=10),
    Attempt("accepted message, one a connection", "message", concurrent=20),
    Attempt("accepted message, many a connection", "message", each=100, concurrent=20),
)
_WARM_UP = {
    Attempt("warm-up", "listed", LISTED): 2_000,
    Attempt("warm-up", "alien", each=10): 5_000,
    Attempt("warm-up", "message", concurrent=40): 1_000,
}
"""What Haraka does first: its cost falls by half until V8 has compiled it."""


def privately(words: Sequence[str]) -> int:
    """Runs this module in a network and a mount namespace of its own; returns its exit code."""
    command = ["unshare", "-n", "-m", "sh", "-c", _PRIVATE, "sh", sys.executable, "-m", "bench.line_up", *words]
    return subprocess.run(command, check=False).returncode


def main(rounds: int, seconds: float, names: Sequence[str]) -> int:
    try:
        return 0 if measure(Plan(rounds, seconds), names) else 1
    except (DidNotStart, Failed) as failure:
        print(failure, file=sys.stderr)
        return 3


def measure(plan: Plan, names: Sequence[str]) -> bool:
    """Runs everything and prints the table; false when a run has failed."""
    with Fleet(SERVERS, line_up_daemons.name_server()) as fleet:
        line_up_daemons.start(fleet)
        for name in names:
            fleet.start(name)
        _show_checks(fleet.servers)
        for server in fleet.servers:
            if server.name == HARAKA:
                print("warming Haraka up", file=sys.stderr)
                _warm_up(server)
        cells = []
        for attempt in _ATTEMPTS:
            print(f"measuring: {attempt.title}", file=sys.stderr)
            cells.append(measure_all(attempt, [one for one in fleet.servers if one.name not in attempt.allowed_by], plan))
    print(report.heading(), "", _results(cells, names), "", report.rates(cells, names), sep="\n")
    return all(set(names) <= {*cell.runs, *cell.measure.allowed_by} for cell in cells)


def _warm_up(server: Server) -> None:
    """The first attempts of a server's life, so that V8 has compiled what is measured. Raises Failed."""
    for attempt, count in _WARM_UP.items():
        once(attempt, server, count)


def _show_checks(servers: Sequence[Server]) -> None:
    """Passes greylisting, and lets each server show that it asks both scanners. Raises Failed."""
    _expect(servers, 450, "is not greylisted", "Hello.")
    time.sleep(DELAY + 1.5)
    _expect(servers, 250, "does not pass", "Hello.")
    _expect(servers, 550, "is not seen by clamd", EICAR)
    _expect(servers, 550, "is not seen by spamd", GTUBE)


def _expect(servers: Sequence[Server], code: int, otherwise: str, text: str) -> None:
    """Sends each a message; its answer must begin like the code."""
    for server in servers:
        answer = _answer(server, text)
        if answer // 100 != code // 100:
            raise Failed(f"{server.name}: a message that should get {code} {otherwise}: {answer}")


def _answer(server: Server, text: str) -> int:
    """The reply code that ends the attempt to send a message. Raises Failed."""
    head = f"From: {place.ADDRESS}\r\nTo: {place.ADDRESS}\r\nDate: {formatdate()}\r\nSubject: first\r\n"
    try:
        with smtplib.SMTP(CLIENT, server.port, "client.bench.example", timeout=30) as client:
            client.sendmail(place.ADDRESS, [place.ADDRESS], f"{head}\r\n{text}\r\n")
    except smtplib.SMTPResponseException as refused:
        return refused.smtp_code
    except smtplib.SMTPRecipientsRefused as refused:
        return refused.recipients[place.ADDRESS][0]
    except (OSError, smtplib.SMTPException) as failure:
        raise Failed(f"{server.name}: {failure}") from None
    return 250


def _results(cells: Sequence[Cell[Attempt]], names: Sequence[str]) -> str:
    """A row for each attempt, a column for each server, then our ratios, the goal, and whether it is met."""
    head = ["CPU µs each", *names, *(f"{OURS} to {base}" for base in _GOALS), "goal", "met"]
    return "\n".join([report.row(head), report.row(["---"] * len(head)), *(report.row(_cells(cell, names)) for cell in cells)])


def _cells(cell: Cell[Attempt], names: Sequence[str]) -> list[str]:
    values = {name: report.number(cell.cpu(name)) for name in cell.runs} | dict.fromkeys(cell.measure.allowed_by, "allows it")
    goals = {base: most for base, most in _GOALS.items() if base not in cell.measure.allowed_by}
    ratios = {base: cell.ratio(OURS, base) for base in goals if {OURS, base} <= cell.runs.keys()}
    met = "" if ratios.keys() < goals.keys() else "yes" if all(ratios[base] <= most for base, most in goals.items()) else "NO"
    shown = [f"{ratios[base]:.2f}" if base in ratios else "" for base in _GOALS]
    words = " and ".join(f"≤ {most:g} × {base}" for base, most in goals.items())
    return [cell.measure.title, *(values.get(name, "failed") for name in names), *shown, words, met]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
