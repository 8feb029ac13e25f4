"""The rules that our own server is measured with: set-ups that differ in what the rules do, and one in the loop.

Twenty conditions on each hook stand for a busy site; none of them ever holds, so every one is evaluated.
"""

from __future__ import annotations

from pathlib import Path

from bench import place

_CONDITIONS = 20

_HEAD = """\
server:
    hostname = "mx.bench.example"
    max_connections = 20000
    max_connections_per_ip = 20000
    log = "{folder}/journal.jsonl"

listener bench:
    bind = "127.0.0.1:{port}"

"""

_NEVER = {
    "connect": "if port == {n} deny",
    "helo": 'if helo == "h{n}.example" deny',
    "mail": 'if sender == "s{n}@example.net" deny',
    "rcpt": 'if recipient == "r{n}@example.net" deny',
    "data": "if connections == {n} deny",
    "data_post": "if message.size == {n}MB deny",
}
"""One condition for each hook: cheap, different each time, false for every message of the benchmark."""


def conditions() -> str:
    """Blocks with twenty conditions on each hook."""
    blocks = []
    for hook, condition in _NEVER.items():
        lines = [f"    {condition.format(n=900 + n)}" for n in range(_CONDITIONS)]
        blocks.append("\n".join([f"on {hook}:", *lines, ""]))
    return "\n".join(blocks)


_GATE = "on rcpt: unless rcpthosts(domain) deny\n"
_DISCARD = _GATE + "on queue: discard\nend\n"
_MAILDIR = _GATE + 'on queue: maildir("Maildir")\nend\n'

SET_UPS = {
    "ours": ("uvloop", "{conditions}\n" + _DISCARD),
    "ours, asyncio": ("asyncio", "{conditions}\n" + _DISCARD),
    "ours, no conditions": ("uvloop", _DISCARD),
    "ours, Maildir": ("uvloop", _MAILDIR),
}
"""For each set-up its event loop and its rules."""


def write(name: str, folder: Path, port: int) -> Path:
    """Writes the rules of a set-up and their data file into a folder; returns the rules file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rcpthosts").write_text(f"{place.DOMAIN}\n")
    text = _HEAD.format(domain=place.DOMAIN, folder=folder, port=port)
    rules = folder / "rules.q"
    rules.write_text(text + SET_UPS[name][1].format(conditions=conditions()))
    return rules


def forget(folder: Path) -> None:
    """Removes what a run left behind: delivered messages and log records."""
    for kind in ("new", "tmp"):
        for message in (folder / "Maildir" / kind).glob("*"):
            message.unlink()
    journal = folder / "journal.jsonl"
    if journal.exists():
        with journal.open("r+b") as log:
            log.truncate(0)
