"""Reads the text that a function or a policy has for a page: prose, and the sections `Arguments:` and `Examples:`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

_SECTION = re.compile(r"^(Arguments|Examples):\n((?:[ \t]+.*\n?|\n)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Docstring:
    """`summary` is the first line; `prose` everything outside of the sections; `arguments` the meaning of each by name."""

    summary: str
    prose: str
    arguments: Mapping[str, str]
    examples: str


def docstring(text: str) -> Docstring:
    """The parts of a text that begins at the left margin."""
    prose = _SECTION.sub("", text + "\n").strip()
    sections = {title: textwrap.dedent(body).strip() for title, body in _SECTION.findall(text + "\n")}
    entries = re.split(r"\n(?=\S)", sections.get("Arguments", ""))
    pairs = (entry.partition(": ") for entry in entries if entry.strip())
    arguments = {name.strip(): " ".join(meaning.split()) for name, _, meaning in pairs}
    return Docstring(prose.partition("\n")[0], prose, arguments, sections.get("Examples", ""))
