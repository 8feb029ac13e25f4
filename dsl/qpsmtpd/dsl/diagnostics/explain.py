"""Prints the pages of diagnostic codes as text for a terminal."""

from __future__ import annotations

import re

from qpsmtpd.dsl.diagnostics.codes import codes
from qpsmtpd.dsl.diagnostics.suggest import did_you_mean


def explain(code: str) -> str | None:
    """The page of a code, in any case and with or without its Q; None when there is no such code. Ends with a newline."""
    found = codes().get(canonical(code))
    return None if found is None else plain(found.page)


def listing() -> str:
    """A line for each code: its name, severity and title."""
    return "".join(f"{code.name}  {code.severity:7}  {code.title}\n" for code in codes().values())


def nearest(code: str) -> str | None:
    """A code that exists and looks like that one."""
    return did_you_mean(canonical(code), codes())


def canonical(code: str) -> str:
    """`q501`, `501` and `[Q501]` as `Q501`."""
    word = code.strip().strip("[]").upper()
    return word if word.startswith("Q") else f"Q{word}"


def plain(page: str) -> str:
    """Markdown as text: headings in capitals, rules and files indented, no fences."""
    lines: list[str] = []
    fenced = False
    for line in page.rstrip().split("\n"):
        if line.startswith("```"):
            fenced = not fenced
            if line.startswith("```file "):
                lines += [f"    {line.removeprefix('```file ')}:"]
        elif fenced:
            lines.append(f"    {line}".rstrip())
        elif line.startswith("#"):
            lines.append(re.sub(r"^#+ ", "", line) if line.startswith("# ") else line.removeprefix("## ").upper())
        else:
            lines.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
