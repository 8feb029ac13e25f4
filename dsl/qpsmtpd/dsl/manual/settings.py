"""The pages of the settings of `server:` and `listener NAME:`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from qpsmtpd.dsl.manual.pages import Chapter, Heading, Page, Part, Prose, Table, table
from qpsmtpd.dsl.manual.written import code, written
from qpsmtpd.dsl.model.settings import LATER, ListenerSettings, ServerSettings
from qpsmtpd.dsl.model.types import Type, of_annotation

_BLOCKS: Mapping[str, type[Any]] = {"server": ServerSettings, "listener NAME": ListenerSettings}
_RESTART = "a reload keeps the old value; a restart takes the new one"
_UNSERVED = "this version checks rules for every value, and serves only the default"


@dataclass(frozen=True, slots=True)
class _Setting:
    name: str
    type: Type
    default: str
    meaning: str
    restart: bool
    served: bool


def settings() -> Chapter:
    """Every setting."""
    unserved = any(not setting.served for kind in _BLOCKS.values() for setting in _settings(kind))
    overview: list[Part] = [Prose(f"*R*: {_RESTART}." + (f" *C*: {_UNSERVED}." if unserved else ""))]
    for block, kind in _BLOCKS.items():
        overview += [Heading(f"{block}:"), _table(kind)]
    later = code(sorted(LATER))
    if later:
        overview.append(Prose(f"These settings of the language are refused by this version ([Q108](codes.md)): {later}."))
    pages = (_page(setting, block) for block, kind in _BLOCKS.items() for setting in _settings(kind))
    return Chapter("settings", "Settings", tuple(overview), tuple(pages))


def _table(kind: type[Any]) -> Table:
    rows = ([f"`{s.name}`", f"`{s.type}`", s.default, _marks(s), s.meaning] for s in _settings(kind))
    return table(["setting", "type", "default", "", "meaning"], rows)


def _marks(setting: _Setting) -> str:
    return " ".join(mark for mark, holds in (("R", setting.restart), ("C", not setting.served)) if holds)


def _settings(kind: type[Any]) -> Iterator[_Setting]:
    hints = get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):
        type_ = of_annotation(hints[field.name])
        default = f"`{written(field.default, type_)}`" if field.default not in ("", ()) else ""
        about = field.metadata
        yield _Setting(field.name, type_, default, about["meaning"], about["restart"], about["served"])


def _page(setting: _Setting, block: str) -> Page:
    parts: list[Part] = [
        Prose(f"A setting of `{block}:`: {setting.meaning}."),
        table(["setting", "type", "default"], [[f"`{setting.name}`", f"`{setting.type}`", setting.default]]),
    ]
    if setting.type.members:
        parts.append(Prose(f"Its values are {code(setting.type.members)}."))
    if setting.restart:
        parts.append(Prose(f"When it changes, {_RESTART}."))
    if not setting.served:
        parts.append(Prose(f"{_UNSERVED[0].upper()}{_UNSERVED[1:]}."))
    return Page(f"setting of {block}:", setting.name, setting.meaning, tuple(parts))
