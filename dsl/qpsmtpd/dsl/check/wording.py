"""Decides how types, expressions and lists of words are named to an operator. Knows no rule of the language."""

from __future__ import annotations

from collections.abc import Iterable

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.model.functions import Function
from qpsmtpd.dsl.model.types import ABSENT, NUMBER, PATH_TEMPLATE, TEMPLATE, Type


def a(wanted: Type) -> str:
    """The type with its article: `a text`, `an ip`, `a list of domains`, `a domain that may be absent`."""
    if wanted.optional:
        return f"{a(wanted.present())} that may be absent"
    if wanted.name == "list" and wanted.of is not None:
        return f"a list of {plural(wanted.of)}"
    if wanted.name == "map" and wanted.of is not None:
        return f"a map of {plural(wanted.of)}"
    if wanted == ABSENT:
        return "`none`"
    if wanted in (TEMPLATE, PATH_TEMPLATE):
        return "a text" if wanted == TEMPLATE else "a path"
    return f"{'an' if wanted.name[0] in 'aeiou' else 'a'} {wanted.name}"


def plural(element: Type) -> str:
    """Several of that type: `domains`, `addresses`."""
    if element.of is not None:
        return f"{element.name}s"
    return element.name + ("es" if element.name.endswith("s") else "s")


def words(names: Iterable[str], joint: str = "or") -> str:
    """Names in backticks: `a`, `b` or `c`."""
    return listed((f"`{name}`" for name in names), joint)


def listed(words: Iterable[str], joint: str = "and") -> str:
    """Words as they are: a, b and c."""
    several = list(words)
    return f" {joint} ".join([", ".join(several[:-1]), several[-1]]) if len(several) > 1 else "".join(several)


def hooks_of(function: Function) -> str:
    """The hooks that may call a function: in `connect`; in `connect` or `data`; from `mail` to `queue`."""
    hooks = function.hooks
    if function.limited or len(hooks) == 1:
        return f"in {words(hooks)}"
    return f"from `{hooks[0]}` to `{hooks[-1]}`"


def spelled(expr: typed.Expr) -> str:
    """The expression much as an operator writes it, in one short piece."""
    match expr:
        case typed.Read(name=row):
            return row.name
        case typed.Local(key=key):
            return key.rpartition("_")[0]
        case typed.Field(of=of, name=name):
            return f"{spelled(of)}.{name}"
        case typed.Item(of=of, key=key):
            return f"{spelled(of)}[{spelled(key)}]"
        case typed.FunctionCall(function=function):
            return f"{function.name}({'…' if expr.arguments else ''})"
        case typed.Const(source=source) if source:
            return source
        case typed.Const(value=value):
            return f'"{value}"' if isinstance(value, str) and expr.type != NUMBER else str(value)
        case _:
            return "this expression"
