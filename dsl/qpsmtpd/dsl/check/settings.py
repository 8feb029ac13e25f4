"""Decides what `server:` and `listener NAME:` set: known settings only, typed and checked, relative paths made absolute."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any, TypeVar

from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.constants import known
from qpsmtpd.dsl.check.fitting import wanted
from qpsmtpd.dsl.check.typed import Const
from qpsmtpd.dsl.check.unsupported import later
from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.diagnostics.fix import respelt
from qpsmtpd.dsl.diagnostics.suggest import suggestion
from qpsmtpd.dsl.model.settings import LATER, ListenerSettings, ServerSettings, parse_endpoint
from qpsmtpd.dsl.model.types import ERROR, Type, of_annotation
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tree import Setting

_S = TypeVar("_S", ServerSettings, ListenerSettings)
_FOLDERS = ("spool_dir", "state_dir", "config_dir", "quarantine")
_STREAMS = ("stderr", "stdout")


def server_settings(blocks: Iterable[tree.Server], scope: Scope) -> ServerSettings:
    """The settings of the service; paths are absolute."""
    book = scope.book
    values, written = _values(ServerSettings, [s for b in blocks for s in b.settings], "server", scope)
    for name in (*_FOLDERS, "log"):
        default = getattr(ServerSettings(), name)
        value = values.get(name, default)
        if name == "log" and value in _STREAMS:
            continue
        place = written[name].span.file if name in written else book.main
        values[name] = book.sources.own_path(value, place)
    return dataclasses.replace(ServerSettings(), **values)


def config_dir(settings: ServerSettings, blocks: Iterable[tree.Server]) -> str:
    """The folder of data files, when the rules say where that is; else an empty text."""
    said = any(s.name.text == "config_dir" for b in blocks for s in b.settings)
    return settings.config_dir if said else ""


def listener_settings(listener: tree.Listener, scope: Scope) -> ListenerSettings:
    """The settings of one listener."""
    values, _ = _values(ListenerSettings, listener.settings, "listener", scope)
    if "bind" in values:
        values["bind"] = tuple(dict.fromkeys(values["bind"]))
    return dataclasses.replace(ListenerSettings(), **values)


def listened_twice(declared: Mapping[str, tree.Listener], settings: Mapping[str, ListenerSettings], findings: Findings) -> None:
    """Reports an address that an earlier listener, or the same one, listens on already; port 0 is any free one."""
    taken: list[tuple[str, int, str, tree.Listener]] = []
    for name, listener in declared.items():
        for text in settings[name].bind:
            host, port = parse_endpoint(text)
            first = next((each for each in taken if port and each[1] == port and _same_address(each[0], host)), None)
            taken.append((host, port, text, listener))
            if first is not None:
                said = next((s.value.span for s in listener.settings if s.name.text == "bind"), listener.name.span)
                notes = [
                    Note(first[3].name.span, "this listener has it" if first[2] == text else f"this listener has {first[2]}")
                ]
                message = f"`bind`: {text} is taken already"
                why = "one address has one listener, and `0.0.0.0` and `[::]` are all addresses of this machine"
                findings.add("Q409", said, message, why=why, help="give this one another port", notes=notes)


def _same_address(one: str, other: str) -> bool:
    """True when nobody can listen on both, at one port."""
    first, second = (ip_address("127.0.0.1" if host == "localhost" else host) for host in (one, other))
    return first.version == second.version and (first == second or first.is_unspecified or second.is_unspecified)


def _values(
    kind: type[_S], settings: Iterable[Setting], where: str, scope: Scope
) -> tuple[dict[str, Any], Mapping[str, Setting]]:
    hints = typing.get_type_hints(kind)
    checks: dict[str, Any] = {f.name: f.metadata["check"] for f in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    written: dict[str, Setting] = {}
    for setting in settings:
        name = setting.name.text
        if name not in checks:
            _unknown(setting, where, [*checks], scope)
        elif name in written:
            _twice(setting, written[name], scope)
        else:
            written[name] = setting
            value = _value(setting, hints[name], checks[name], scope)
            if value is not None:
                values[name] = value.value
    return values, written


def _value(setting: Setting, hint: Any, check: Any, scope: Scope) -> Const | None:
    """The value of a setting; None after a finding."""
    kind, name = of_annotation(hint), f"`{setting.name.text}`"
    value = known(wanted(_listed(setting.value, kind), scope, kind, name), scope, name)
    if value.type == ERROR:
        return None
    fault = ""
    if hint is int and value.value != int(value.value):
        fault = "it must be a whole number"
    elif check is not None:
        fault = check(value.value)
    if fault:
        scope.findings.add("Q409", value.span, f"{name}: {fault}", why=f"{name} says: {_meaning(setting.name.text)}")
        return None
    return value


def _listed(node: tree.Expression, kind: Type) -> tree.Expression:
    """A single value where several may stand is a list of one."""
    single = kind.name == "list" and isinstance(node, tree.Literal)
    return tree.ListLiteral(node.span, (node,)) if single else node


def _meaning(name: str) -> str:
    fields = (*dataclasses.fields(ServerSettings), *dataclasses.fields(ListenerSettings))
    return next((str(f.metadata["meaning"]) for f in fields if f.name == name), "")


def _unknown(setting: Setting, where: str, names: list[str], scope: Scope) -> None:
    name = setting.name.text
    if name in LATER:
        later(scope.findings, setting.span, f"the setting `{name}`")
        return
    other = ListenerSettings if where == "server" else ServerSettings
    elsewhere = any(f.name == name for f in dataclasses.fields(other))
    place = "`listener NAME:`" if where == "server" else "`server:`"
    help = f"it belongs into {place}" if elsewhere else suggestion(name, names)
    allowed = ", ".join(f"`{n}`" for n in names)
    fix = respelt(setting.name.span, name, names, (*LATER, *(f.name for f in dataclasses.fields(other))))
    message = f"`{where}:` has no setting `{name}`"
    scope.findings.add("Q204", setting.name.span, message, allowed=allowed, help=help, fix=fix)


def _twice(setting: Setting, first: Setting, scope: Scope) -> None:
    name = setting.name.text
    notes = [Note(first.name.span, "here it was set first")]
    scope.findings.add("Q206", setting.name.span, f"`{name}` is set already", help="remove one of the two", notes=notes)
