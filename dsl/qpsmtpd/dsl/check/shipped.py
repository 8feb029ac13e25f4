"""Decides which policies come with the product: each in a rules file of its own name, known without `use`."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from qpsmtpd.dsl.check.sources import Sources
from qpsmtpd.dsl.check.surroundings import Surroundings
from qpsmtpd.dsl.check.uses import shipped
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.syntax import tree


class Shipped:
    """The shipped policies, each read when it is first applied; of its file nothing but the policy counts."""

    def __init__(self, sources: Sources, around: Surroundings, findings: Findings) -> None:
        self._sources = sources
        self._around = around
        self._findings = findings
        self._read: dict[str, tree.Policy | None] = {}

    @property
    def folder(self) -> str:
        """The folder of the shipped files; empty when there is none."""
        return self._around.shipped

    def has(self, file: str) -> bool:
        """True for a file that came with the product."""
        return bool(self.folder) and file.startswith(f"{self.folder}/")

    def policy(self, name: str) -> tree.Policy | None:
        """The policy of that name, None when none is shipped."""
        if name not in self._read:
            found = shipped(name, self._sources, self._around, self._findings) or ()
            last = name.rpartition("/")[2]
            named = (s for s in found if isinstance(s, tree.Policy) and s.name.text == last)
            self._read[name] = next(named, None)
        return self._read[name]

    def names(self) -> Sequence[str]:
        """What can be applied without being declared."""
        if not self.folder:
            return ()
        files = [path for pattern in ("*.q", "*/*.q") for path in self._around.matching(posixpath.join(self.folder, pattern))]
        names = sorted(posixpath.relpath(path, self.folder).removesuffix(".q") for path in files)
        return [name for name in names if self.policy(name) is not None]
