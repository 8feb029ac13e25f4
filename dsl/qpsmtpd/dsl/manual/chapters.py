"""The manual's chapters, in their order, and who is found in them by a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.manual.codes import codes
from qpsmtpd.dsl.manual.filters import filters
from qpsmtpd.dsl.manual.functions import functions
from qpsmtpd.dsl.manual.hooks import hooks
from qpsmtpd.dsl.manual.names import names
from qpsmtpd.dsl.manual.pages import Chapter, Page
from qpsmtpd.dsl.manual.policies import policies
from qpsmtpd.dsl.manual.settings import settings
from qpsmtpd.dsl.manual.types import types
from qpsmtpd.dsl.manual.verdicts import verdicts
from qpsmtpd.dsl.model.functions import Catalogue


def chapters(catalogue: Catalogue, shipped: Mapping[str, str]) -> tuple[Chapter, ...]:
    """The whole reference: of the language, of the library's functions, and of the shipped rules files (name and text)."""
    return (
        functions(catalogue),
        policies(shipped),
        hooks(catalogue),
        names(),
        verdicts(),
        types(catalogue),
        filters(),
        settings(),
        codes(),
    )


def chapter(name: str, manual: Iterable[Chapter]) -> Chapter | None:
    """The chapter of that name."""
    return next((each for each in manual if each.name == _plain(name)), None)


def pages(name: str, manual: Sequence[Chapter]) -> Sequence[Page]:
    """Every page of that name: `helo` is a hook, and a name that rules can read. Capitals count when they tell pages apart."""
    every = [(_plain(page.name), page) for each in manual for page in each.pages]
    wanted = _plain(name)
    found = [page for known, page in every if known == wanted]
    return found or [page for known, page in every if known.lower() == wanted.lower()]


def nearest(name: str, manual: Iterable[Chapter]) -> str:
    """What somebody may have meant: "did you mean `rcpthosts`?", or an empty text."""
    known = [word for each in manual for word in (each.name, *(_plain(page.name) for page in each.pages))]
    return suggestion(_plain(name), known)


def _plain(name: str) -> str:
    """The word in `rcpthosts(domain)`, `.domain`, `list[text]` and `domain?`."""
    return name.strip("`. ").partition("(")[0].partition("[")[0].removesuffix("?")
