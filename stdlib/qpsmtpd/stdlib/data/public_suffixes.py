"""Knows below which names everybody can register domains: the list of publicsuffix.org, as the package `publicsuffixlist` brings it.

Only its first part, the suffixes of registries; the second has names of companies that let others have domains below
theirs, and may well have mail of their own. The list is used as text: to parse it would take longer than to check the rules.
"""

from __future__ import annotations

import functools
from pathlib import Path


def is_public_suffix(name: str) -> bool:
    """True for `co.uk`, written in lower case, as it looks or as A-labels; also for what a line `*.ck` of the list stands for."""
    rules = _rules()
    name = _as_it_looks(name)
    _, _, above = name.partition(".")
    return name in rules or (f"*.{above}" in rules and f"!{name}" not in rules)


@functools.cache
def _rules() -> frozenset[str]:
    # only a list of one's own domains needs it
    from publicsuffixlist import PSLFILE

    registries, _, _ = Path(PSLFILE).read_text("utf-8").partition("===BEGIN PRIVATE DOMAINS===")
    return frozenset(registries.splitlines())


def _as_it_looks(name: str) -> str:
    if "xn--" not in name:
        return name
    import idna

    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name
