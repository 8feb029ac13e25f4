"""Mends rules that stand in a text, with data files that exist only in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping

from meta.rules_text import FILES, FOLDER, compiled
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.diagnostics.mend import Mended, mend
from qpsmtpd.dsl.syntax.parse import parse

RULES = f"{FOLDER}/rules.q"


def mended(text: str, files: Mapping[str, str] | None = None) -> Mended:
    """What mending makes of a text as the rules file of a folder that holds these files."""
    given = {**FILES, **(files or {}), "rules.q": text}

    def check(contents: Mapping[str, bytes]) -> Findings:
        now = {**given, **{name.removeprefix(f"{FOLDER}/"): octets.decode() for name, octets in contents.items()}}
        return compiled(now["rules.q"], now).findings

    return mend(check, lambda name: given[name.removeprefix(f"{FOLDER}/")].encode())


def mended_text(text: str) -> str:
    """The rules after mending, checked whole."""
    return mended(text).contents.get(RULES, text.encode()).decode()


def reread(text: str) -> Mended:
    """What mending makes of a text of which only the grammar is looked at."""

    def check(contents: Mapping[str, bytes]) -> Findings:
        findings = Findings()
        parse(contents.get(RULES, text.encode()).decode(), RULES, findings)
        return findings

    return mend(check, lambda _: text.encode())


def reread_text(text: str) -> str:
    """The text after mending what the grammar shows."""
    return reread(text).contents.get(RULES, text.encode()).decode()
