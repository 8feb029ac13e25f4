"""The pages of the library's functions, from their signatures and docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from qpsmtpd.dsl.manual.answers import answers
from qpsmtpd.dsl.manual.docstrings import docstring
from qpsmtpd.dsl.manual.pages import Chapter, Heading, Page, Part, Prose, Sample, contents, table
from qpsmtpd.dsl.manual.written import code, written
from qpsmtpd.dsl.model.builtins import BUILTINS
from qpsmtpd.dsl.model.functions import Catalogue, Function, Kind, Parameter
from qpsmtpd.dsl.model.hooks import ORDER
from qpsmtpd.dsl.model.types import Type

KINDS: Mapping[Kind, str] = {
    Kind.PURE: "computes from its arguments alone",
    Kind.LOOKUP: "a lookup: asks the outside world",
    Kind.GATE: "a gate: a true answer for the recipient in hand lets mail in",
    Kind.VERIFIER: "a verifier: a true answer proves who the client is",
    Kind.EFFECT: "an effect: stands as a statement",
    Kind.DELIVERY: "a delivery: stands as a statement and decides the hook",
}
"""What a call of each kind does."""


def functions(catalogue: Catalogue) -> Chapter:
    """Every function of the library, and behind them those of the language itself."""
    library, own = tuple(map(_page, catalogue.values())), tuple(map(_own, BUILTINS))
    overview = (contents(library, "function"), Heading("Functions of the language itself"), contents(own, "function"))
    return Chapter("functions", "Functions", overview, (*library, *own), whole=True)


def _own(name: str) -> Page:
    form, meaning = BUILTINS[name].form, BUILTINS[name].meaning
    parts = (Prose(f"`{form}`"), Prose(f"Gives {meaning}."), Prose("A function of the language itself; in every hook."))
    return Page("function of the language", name, meaning, parts)


def _page(function: Function) -> Page:
    return Page("function", function.name, function.summary, tuple(_parts(function)))


def _parts(function: Function) -> Iterator[Part]:
    doc = docstring(function.doc)
    yield Prose(f"`{signature(function)}`")
    yield Prose(doc.prose)
    if function.parameters:
        rows = ((f"`{p.name}`", f"`{_type(p)}`", _default(p), doc.arguments.get(p.name, "")) for p in function.parameters)
        yield table(["parameter", "type", "default", "meaning"], rows)
    told = list(answers(function.returns.present()))
    if told:
        yield Prose("What it answers:")
        yield from told
    yield Prose(_facts(function))
    for parameter in function.parameters:
        if parameter.file is not None:
            name = file_name(parameter, function)
            yield Prose(f"The file `{name}` may be:")
            yield Sample(parameter.file.sample.rstrip(), f"file {name}")
    if doc.examples:
        yield Sample(doc.examples, "q fragment")


def signature(function: Function) -> str:
    """How a function is called: `dnsbl(zone: text, answers: list[text] = []) -> listing?`."""
    parameters = ", ".join(_parameter(p) for p in function.parameters)
    returns = "" if function.kind in (Kind.EFFECT, Kind.DELIVERY) else f" -> {_answer(function.returns)}"
    return f"{function.name}({parameters}){returns}"


def _answer(kind: Type) -> str:
    """A type by its name, or by its values where those have parts of their own: such a type is the function's alone."""
    return " | ".join(kind.members) if kind.cases else str(kind)


def _parameter(parameter: Parameter) -> str:
    default = "" if parameter.required or _left_out(parameter) else f" = {written(parameter.default, parameter.type)}"
    return f"{parameter.name}: {_type(parameter)}{default}"


def _type(parameter: Parameter) -> str:
    if parameter.file is not None:
        return "file?" if _left_out(parameter) else "file"
    return "path" if parameter.path else str(parameter.type)


def _default(parameter: Parameter) -> str:
    return "" if parameter.required or _left_out(parameter) else f"`{written(parameter.default, parameter.type)}`"


def _left_out(parameter: Parameter) -> bool:
    """True for a data file that need not be there."""
    return parameter.file is not None and not isinstance(parameter.default, str)


def file_name(parameter: Parameter, function: Function) -> str:
    """A data file's name in the examples, or else its customary one."""
    call = rf"{function.name}\([^)\n]*"
    named = re.search(rf'{call}{parameter.name} = "([\w.-]+)"', function.doc) or re.search(rf'{call}"([\w.-]+)"', function.doc)
    return named[1] if named else parameter.name if parameter.required else str(parameter.default)


def _facts(function: Function) -> str:
    what = "a lookup of what is remembered, which each call changes" if function.counts else KINDS[function.kind]
    parts = [what[0].upper() + what[1:], _where(function)]
    if function.timeout is not None:
        parts.append(f"deadline {function.timeout:g}s")
    if function.on_error is not None:
        parts.append(f"a failed call is *{function.on_error.value}*")
    if function.returns.failing:
        parts.append(f"a failed call is {code(function.returns.failing)}")
    return "; ".join(parts) + "."


def _where(function: Function) -> str:
    """The hooks that may call a function."""
    hooks = function.hooks
    if function.limited or len(hooks) == 1:
        return f"in {' and '.join(f'`{hook}`' for hook in hooks)}"
    return f"from `{hooks[0]}` to {'the end' if hooks[-1] == ORDER[-1] else f'`{hooks[-1]}`'}"
