"""The pages of the hooks: when each runs, what is readable and can be called in it, and what its verdicts answer."""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.manual.names import fields, known_in
from qpsmtpd.dsl.manual.pages import Chapter, Page, Part, Prose, table
from qpsmtpd.dsl.manual.written import code
from qpsmtpd.dsl.model.functions import Catalogue, Function
from qpsmtpd.dsl.model.hooks import HOOKS, ORDER, READABLE, Hook, Readable

_USUAL = "connect"
"""From this hook on most functions can be called."""


def hooks(catalogue: Catalogue) -> Chapter:
    """Every hook, in the order of the dialogue."""
    pages = tuple(Page("hook", hook.name, hook.when, tuple(_parts(hook, catalogue))) for hook in HOOKS.values())
    rows = ([f"[`{hook.name}`](#{hook.name})", hook.when, hook.final] for hook in HOOKS.values())
    overview = (
        Prose("In the order of the dialogue. A name stays readable in later hooks unless the table limits it."),
        table(["hook", "when", "when no rule decides"], rows),
    )
    return Chapter("hooks", "Hooks", overview, pages, whole=True)


def _parts(hook: Hook, catalogue: Catalogue) -> Iterator[Part]:
    yield Prose(f"When: {hook.when}. When no rule decides: {hook.final}.")
    rows = [row for rows in READABLE.values() for row in rows if hook.name in known_in(row)]
    fresh = [row for row in rows if known_in(row)[0] == hook.name]
    if fresh:
        cells = ([f"`{r.name}`{_fields(r)}", f"`{r.type}`", _meaning(r)] for r in fresh)
        yield table(["newly readable", "type", "meaning"], cells)
    if len(fresh) < len(rows):
        yield Prose(f"Readable from before: {code(row.name for row in rows if row not in fresh)}.")
    if hook.replies:
        answers = ([f"`{verb}`", f"{d.code} {d.enhanced} {d.text}"] for verb, d in hook.replies.items())
        yield table(["verdict", "answer unless the rule says another"], answers)
    besides = code(verb for verb in hook.verbs if verb not in hook.replies)
    yield Prose(f"Other verdicts: {besides}." if hook.replies else f"Verdicts: {besides}.")
    if hook.later:
        yield Prose(f"`deny` and `defer` can be kept for {code(hook.later)}: `deny at {hook.later[0]}`.")
    functions = _functions(hook, catalogue)
    if functions:
        yield Prose(f"Functions: {functions}.")


def _fields(row: Readable) -> str:
    names = code(f".{name}" for name, _ in fields(row.type))
    return f" ({names})" if names else ""


def _meaning(row: Readable) -> str:
    limits = f"; only in {code(row.only)}" if row.only else ""
    return row.meaning + ("; can be assigned" if row.assignable else "") + limits


def _functions(hook: Hook, catalogue: Catalogue) -> str:
    """What can be called in a hook; those that can be in nearly all are not named in each."""
    callable_here = [function for function in catalogue.values() if _callable(function, hook)]
    general = [function for function in catalogue.values() if _general(function)]
    if not all(function in callable_here for function in general):
        return code(function.name for function in callable_here)
    usual = f"those that can be called from `{_USUAL}` to the end"
    return ", ".join(filter(None, [usual, code(function.name for function in callable_here if function not in general)]))


def _callable(function: Function, hook: Hook) -> bool:
    return hook.name in function.hooks


def _general(function: Function) -> bool:
    return _callable(function, HOOKS[_USUAL]) and _callable(function, HOOKS[ORDER[-1]])
