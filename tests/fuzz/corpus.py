"""What the fuzzer begins with: every rules text of the repository, a sample of every kind of data file, the words of the language."""

from __future__ import annotations

import dataclasses
from functools import cache

from meta.checkout import ROOT
from meta.every_rules_text import every_rules_text
from qpsmtpd.dsl.model.builtins import BUILTINS
from qpsmtpd.dsl.model.hooks import HOOKS, READABLE
from qpsmtpd.dsl.model.settings import ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.types import SCALARS
from qpsmtpd.dsl.syntax.tokens import KEYWORDS
from qpsmtpd.stdlib import catalogue


@cache
def rules() -> tuple[str, ...]:
    """Rules texts, good and bad ones; those of data files are not among them."""
    files = [path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("*.q"))]
    return tuple(dict.fromkeys([*(each.text for each in every_rules_text()), *files]))


@cache
def data_files() -> tuple[tuple[str, str, str], ...]:
    """For each function that reads a file: rules that name the file `data`, and a good text of it."""
    found = []
    for function in catalogue().values():
        for parameter in function.parameters:
            if parameter.file is not None:
                others = "domain, " if function.name == "rcpthosts" else ""
                call = f'{function.name}({others}"data")'
                rule = f"on rcpt: unless {call} deny" if others else f"let x = {call}\non rcpt: if len(x) > 3 deny"
                found.append((function.name, f'{rule}\non queue: maildir("Maildir")\n', parameter.file.sample))
    return tuple(found)


@cache
def words() -> tuple[str, ...]:
    """Words that mean something in the language."""
    settings = [field.name for kind in (ServerSettings, ListenerSettings) for field in dataclasses.fields(kind)]
    return tuple(sorted({*KEYWORDS, *HOOKS, *READABLE, *BUILTINS, *SCALARS, *catalogue(), *settings}))
