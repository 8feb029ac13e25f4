"""Decides which functions rules have besides the library's: those of the Python files that they use."""

from __future__ import annotations

from collections.abc import Sequence

from qpsmtpd.dsl.check.sources import Sources
from qpsmtpd.dsl.check.surroundings import Surroundings, Unloadable
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.model.functions import Catalogue
from qpsmtpd.dsl.syntax import tree


def with_own_functions(
    catalogue: Catalogue, found: Sequence[tree.TopLevel], sources: Sources, *, around: Surroundings, findings: Findings
) -> Catalogue:
    """The library with the functions of every Python file used; a name that the library has is a finding."""
    every = dict(catalogue)
    for use in found:
        if isinstance(use, tree.Use):
            try:
                own = around.functions(use.target, sources.content(use.target))
            except Unloadable as error:
                findings.add("Q123", use.span, f"the Python file {use.target} cannot be used: {error}")
                continue
            for name, function in own.items():
                if name in every:
                    message = f"{use.target} declares `{name}`, and there is a function of that name already"
                    findings.add("Q206", use.span, message, help="give it another name in the Python file")
                every.setdefault(name, function)
    return every
