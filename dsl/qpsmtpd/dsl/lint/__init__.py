"""Lints: one a file, named after the fault; each has a function `look(rules, findings)`.

They look at checked rules and find what is legal and yet surely not meant. No list of them is kept: the folder is it.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable

from qpsmtpd.dsl.check.typed import TypedRules
from qpsmtpd.dsl.diagnostics.findings import Findings


@functools.cache
def _lints() -> tuple[Callable[[TypedRules, Findings], None], ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").look for name in names)


def lint(rules: TypedRules, findings: Findings) -> None:
    """Runs every lint."""
    for look in _lints():
        look(rules, findings)
