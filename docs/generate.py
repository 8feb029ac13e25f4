"""Prints the reference pages of the manual from the registries of the program, so that they cannot disagree with it.

    python docs/generate.py            writes docs/reference/*.md

Nothing here knows a function, hook, setting or code by name.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

from qpsmtpd.dsl.diagnostics.codes import codes
from qpsmtpd.dsl.model.functions import Function, Kind, Parameter
from qpsmtpd.dsl.model.hooks import HOOKS, READABLE, Hook, Readable, is_known
from qpsmtpd.dsl.model.settings import LATER, ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.types import DURATION, SIZE, Type, of_annotation
from qpsmtpd.stdlib import catalogue

_FOLDER = Path(__file__).resolve().parent / "reference"
_PRINTED = "<!-- Printed by docs/generate.py; do not edit. -->"
_KINDS: Mapping[Kind, str] = {
    Kind.PURE: "computes from its arguments alone",
    Kind.LOOKUP: "a lookup: asks the outside world",
    Kind.GATE: "a gate: a true answer for the recipient in hand lets mail in",
    Kind.VERIFIER: "a verifier: a true answer proves who the client is",
    Kind.EFFECT: "an effect: stands as a statement",
    Kind.DELIVERY: "a delivery: stands as a statement and decides the hook",
}
_SECTION = re.compile(r"^(Arguments|Examples):\n((?:[ \t]+.*\n?|\n)*)", re.MULTILINE)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", _PRINTED, *(part.strip("\n") for part in parts if part.strip())]) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# --- values as rules write them


def written(value: Any, kind: Type) -> str:
    """A value as it would stand in a rules file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if kind.present() == DURATION:
        return _in_units(value, (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)), ("ms", 0.001))
    if kind.present() == SIZE:
        units = (("MB", 10**6), ("MiB", 2**20), ("KiB", 2**10), ("KB", 10**3))
        return _in_units(value, units, ("B", 1))
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        return (
            ", ".join(written(each, kind.of or kind) for each in value) if len(value) == 1 else f"[{', '.join(map(str, value))}]"
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_units(value: float, units: Iterable[tuple[str, float]], smallest: tuple[str, float]) -> str:
    unit, octets = next(((u, n) for u, n in units if value >= n and value % n == 0), smallest)
    return f"{value / octets:g}{unit}"


# --- functions


def functions_page() -> str:
    """Every function of the library, from its signature and docstring."""
    found = catalogue().values()
    contents = _table(["function", "meaning"], ([f"[`{f.name}`](#{f.name})", f.summary] for f in found))
    return _page("Functions", contents, *map(_function, found))


def _function(function: Function) -> str:
    prose = _SECTION.sub("", function.doc).strip()
    sections = {title: textwrap.dedent(text).strip() for title, text in _SECTION.findall(function.doc + "\n")}
    parts = [f"## {function.name}", f"`{_signature(function)}`", prose]
    if sections.get("Arguments"):
        parts.append("\n".join(f"* {_argument(text)}" for text in _entries(sections["Arguments"])))
    parts.append(_facts(function))
    parts += [_sample(p, function) for p in function.parameters if p.file is not None]
    parts.append(f"```q fragment\n{sections['Examples']}\n```")
    return "\n\n".join(parts)


def _entries(section: str) -> list[str]:
    """The entries of a docstring section: each begins at the margin, its further lines are indented."""
    return [entry.rstrip() for entry in re.split(r"\n(?=\S)", section) if entry.strip()]


def _argument(entry: str) -> str:
    name, _, meaning = entry.partition(": ")
    return f"`{name}`: {' '.join(meaning.split())}"


def _signature(function: Function) -> str:
    parameters = ", ".join(_parameter(p) for p in function.parameters)
    returns = "" if function.kind in (Kind.EFFECT, Kind.DELIVERY) else f" -> {function.returns}"
    return f"{function.name}({parameters}){returns}"


def _parameter(parameter: Parameter) -> str:
    kind = "file" if parameter.file is not None else "path" if parameter.path else str(parameter.type)
    return f"{parameter.name}: {kind}" + ("" if parameter.required else f" = {written(parameter.default, parameter.type)}")


def _sample(parameter: Parameter, function: Function) -> str:
    """A data file as the examples name it, or else by its customary name."""
    assert parameter.file is not None
    named = re.search(rf"{function.name}\([^)\n]*\"([\w.-]+)\"", function.doc)
    name = named[1] if named else parameter.name if parameter.required else str(parameter.default)
    return f"The file `{name}` may be:\n\n```file {name}\n{parameter.file.sample.rstrip()}\n```"


def _facts(function: Function) -> str:
    hooks = f"`{function.since}`" if function.since == function.until else f"`{function.since}` to `{function.until}`"
    everywhere = (function.since, function.until) == ("connect", "disconnect")
    parts = [_KINDS[function.kind].capitalize(), "in every hook" if everywhere else f"in {hooks}"]
    if function.timeout is not None:
        parts.append(f"deadline {function.timeout:g}s")
    if function.on_error is not None:
        parts.append(f"a failed call is *{function.on_error.value}*")
    return "; ".join(parts) + "."


# --- hooks


def hooks_page() -> str:
    """Every hook: when it runs, what is readable, which verdicts it allows and what they answer."""
    return _page(
        "Hooks",
        "In the order of the dialogue. A name stays readable in later hooks unless the table limits it.",
        *map(_hook, HOOKS.values()),
    )


def _hook(hook: Hook) -> str:
    parts = [f"## {hook.name}", f"When: {hook.when}. When no rule decides: {hook.final}."]
    rows = [row for rows in READABLE.values() for row in rows if _first(row) == hook.name]
    if rows:
        parts.append(_table(["newly readable", "type", "meaning"], ([_name(r), f"`{r.type}`", _meaning(r)] for r in rows)))
    if hook.replies:
        replies = ([f"`{verb}`", f"{d.code} {d.enhanced} {d.text}"] for verb, d in hook.replies.items())
        parts.append(_table(["verdict", "answer unless the rule says another"], replies))
        parts.append("Also `skip` and `pass`.")
    else:
        parts.append("No verdicts but `skip` and `pass`.")
    return "\n\n".join(parts)


def _first(row: Readable) -> str:
    """The first hook at which a name can be read."""
    return next(name for name in HOOKS if is_known(row, name))


def _name(row: Readable) -> str:
    fields = ", ".join(f"`.{name}`" for name, _ in row.type.fields)
    return f"`{row.name}`" + (f" ({fields})" if fields else "")


def _meaning(row: Readable) -> str:
    limits = f"; only in {', '.join(f'`{hook}`' for hook in row.only)}" if row.only else ""
    return row.meaning + ("; can be assigned" if row.assignable else "") + limits


# --- settings and codes


def settings_page() -> str:
    """Every setting, its type, default and meaning."""
    later = ", ".join(f"`{name}`" for name in sorted(LATER))
    return _page(
        "Settings",
        "*R*: a reload keeps the old value; a restart takes the new one.",
        f"## server:\n\n{_settings(ServerSettings)}",
        f"## listener NAME:\n\n{_settings(ListenerSettings)}",
        f"## Not yet\n\nThese settings of the language are refused by this version ([Q108](codes.md)): {later}.",
    )


def _settings(settings: type[Any]) -> str:
    hints = get_type_hints(settings, include_extras=True)
    rows = []
    for entry in dataclasses.fields(settings):
        kind = of_annotation(hints[entry.name])
        default = written(entry.default, kind) if entry.default not in ("", ()) else ""
        restart = "R" if entry.metadata["restart"] else ""
        rows.append([f"`{entry.name}`", f"`{kind}`", f"`{default}`" if default else "", restart, entry.metadata["meaning"]])
    return _table(["setting", "type", "default", "", "meaning"], rows)


def codes_page() -> str:
    """Every diagnostic code, with the way to its page."""
    pages = "../../dsl/qpsmtpd/dsl/diagnostics/pages"
    rows = ([f"[{c.name}]({pages}/{c.name}.md)", c.severity, c.title] for c in codes().values())
    intro = "What `qpsmtpd check` can find. `qpsmtpd explain Q501` prints a page: what, why, what to avoid, what to prefer."
    return _page("Diagnostic codes", intro, _table(["code", "severity", "title"], rows))


PAGES: Mapping[str, Callable[[], str]] = {
    "functions.md": functions_page,
    "hooks.md": hooks_page,
    "settings.md": settings_page,
    "codes.md": codes_page,
}


def main() -> None:
    _FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (_FOLDER / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
