"""The pages of the verdicts: what each does, where it may stand, and what it answers there."""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.manual.pages import Chapter, Heading, Page, Part, Prose, table
from qpsmtpd.dsl.manual.written import code
from qpsmtpd.dsl.model.hooks import HOOKS, Hook
from qpsmtpd.dsl.model.verdicts import CLASS, MEANING, Verb

_FORM = '`VERB [at HOOK] [CODE] [ENHANCED] ["message"] [and disconnect]`'
_KEPT = "`at HOOK` keeps a `deny` or `defer` for a later hook, where it is said if nothing was decided before."
_REFUSING = (Verb.DENY, Verb.DEFER)


def verdicts() -> Chapter:
    """Every verdict."""
    pages = tuple(Page("verdict", verb.value, MEANING[verb], tuple(_parts(verb))) for verb in Verb)
    rows = ([f"`{verb.value}`", MEANING[verb], _class(verb)] for verb in Verb)
    answering = [verb.value for verb in Verb if any(verb.value in hook.replies for hook in HOOKS.values())]
    codes = ([f"`{hook.name}`", *(_code(hook, verb) for verb in answering)] for hook in HOOKS.values() if hook.replies)
    overview = (
        Prose(f"A verdict is {_FORM}. The first that is reached ends the hook. {_KEPT}"),
        table(["verdict", "effect", "codes"], rows),
        Heading("Codes"),
        Prose("The code that is answered unless the rule says another; [hooks](hooks.md) has the whole answers."),
        table(["hook", *(f"`{verb}`" for verb in answering)], codes),
    )
    return Chapter("verdicts", "Verdicts", overview, pages)


def _parts(verb: Verb) -> Iterator[Part]:
    effect = MEANING[verb]
    yield Prose(f"{effect[0].upper()}{effect[1:]}.")
    yield Prose(f"Written `{_form(verb)}`{f'; codes begin with {CLASS[verb]}' if verb in CLASS else ''}.")
    if verb in _REFUSING:
        yield Prose(_KEPT)
    replies = [(hook.name, hook.replies[verb.value]) for hook in _answering(verb)]
    answers = [[f"`{hook}`", f"{reply.code} {reply.enhanced}", reply.text] for hook, reply in replies]
    if answers:
        yield table(["hook", "answers", "text"], answers)
    others = code(hook.name for hook in _hooks(verb) if hook not in _answering(verb))
    if others:
        yield Prose(f"It can stand in {others}.")


def _form(verb: Verb) -> str:
    if verb is Verb.QUARANTINE:
        return f'{verb.value} ["name"]'
    if verb in _REFUSING:
        return f'{verb.value} [at HOOK] [CODE] [ENHANCED] ["message"] [and disconnect]'
    return f'{verb.value} [CODE] [ENHANCED] ["message"]' if _answering(verb) else f"{verb.value}"


def _hooks(verb: Verb) -> list[Hook]:
    return [hook for hook in HOOKS.values() if verb.value in hook.verbs]


def _answering(verb: Verb) -> list[Hook]:
    return [hook for hook in HOOKS.values() if verb.value in hook.replies]


def _code(hook: Hook, verb: str) -> str:
    return str(hook.replies[verb].code) if verb in hook.replies else ""


def _class(verb: Verb) -> str:
    return f"{CLASS[verb]}xx" if verb in CLASS else ""
