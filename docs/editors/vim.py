"""The Vim syntax file, as its text.

Keywords of Vim win over everything else that begins at the same place, so only words that mean one thing everywhere are
keywords there; the others are matches, of which the last that is defined wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from words import DECLARING, Words, choice

_HEAD = """\
" Vim syntax file
" Language: qpsmtpd rules
" Printed by docs/editors/generate.py; do not edit.

if exists("b:current_syntax")
  finish
endif

syn case match
syn sync minlines=200"""

_LINKS: Mapping[str, str] = {
    "Comment": "Comment",
    "Text": "String",
    "Escape": "SpecialChar",
    "BadEscape": "Error",
    "Hole": "Identifier",
    "HoleMark": "Delimiter",
    "LongHole": "Identifier",
    "HoleText": "String",
    "HoleLongText": "String",
    "HoleName": "Special",
    "Filter": "Function",
    "Address": "Constant",
    "Time": "Constant",
    "Number": "Number",
    "Wrong": "Error",
    "Pattern": "String",
    "Top": "Statement",
    "Control": "Conditional",
    "Operator": "Operator",
    "Inside": "Statement",
    "Verdict": "Keyword",
    "Disconnect": "Keyword",
    "Value": "Constant",
    "Constant": "Constant",
    "Hook": "Label",
    "Place": "Identifier",
    "Declared": "Identifier",
    "Type": "Type",
    "Setting": "PreProc",
    "Step": "Statement",
    "Function": "Function",
    "Call": "Function",
    "Name": "Special",
    "Member": "Normal",
    "Parameter": "Normal",
    "Label": "Tag",
    "Sign": "Operator",
}
"""The highlight group of each kind of thing."""


def syntax(words: Words) -> str:
    """The syntax file with these words."""
    parts = (_HEAD, _keywords(words), _contextual(words), _literals(words), _texts(words), _linked())
    return "\n\n".join("\n".join(part) if not isinstance(part, str) else part for part in parts) + "\n"


def _group(name: str) -> str:
    return f"qpsmtpd{name}"


def _keyword(name: str, words: Iterable[str], options: str = "") -> str:
    return f"syn keyword {_group(name)} {' '.join(words)}{' ' + options if options else ''}"


def _match(name: str, pattern: str, options: str = "") -> str:
    return f"syn match {_group(name)} ;{pattern};{' ' + options if options else ''}"


def _region(name: str, start: str, end: str, options: str, *, skip: str = "", mark: str = "") -> str:
    marked = f" matchgroup={_group(mark)}" if mark else ""
    skipped = f" skip=;{skip};" if skip else ""
    return f"syn region {_group(name)}{marked} start=;{start};{skipped} end=;{end}; {options}"


def _one_of(words: Iterable[str]) -> str:
    return rf"\%({choice(words)})".replace("|", r"\|").replace(")", r"\)")


_APART = {"on", "listener", "case", "and", "at", "before", *DECLARING}
"""Keywords that lead to a word of a kind of its own."""


def _then(*names: str) -> str:
    return f"nextgroup={','.join(map(_group, names))} skipwhite"


def _keywords(words: Words) -> list[str]:
    return [
        _keyword("Control", (word for word in words.control if word not in _APART)),
        _keyword("Control", ["case"], _then("Value")),
        _keyword("Top", DECLARING, _then("Declared")),
        _keyword("Top", ["on"], _then("Hook")),
        _keyword("Operator", (word for word in words.operators if word not in _APART)),
        _keyword("Operator", ["and"], _then("Disconnect")),
        _keyword("Inside", (word for word in words.inside if word not in _APART)),
        _keyword("Inside", ["at", "before"], _then("Hook", "Place")),
        _keyword("Constant", words.constants),
    ]


def _several(name: str, pattern: str) -> list[str]:
    """A word that a keyword leads to, and more of them behind commas."""
    more = f"contained nextgroup={_group(name)} skipwhite"
    return [
        _match(name, pattern, f"contained nextgroup={_group(name)}Comma skipwhite"),
        f"syn match {_group(name)}Comma ;,; {more}",
    ]


def _contextual(words: Words) -> list[str]:
    return [
        _match("Sign", r"->\|[-+=!<>]=\|??\|[-+=<>]"),
        _match("Verdict", rf"\<{_one_of(words.verbs)}\>"),
        _match("Name", rf"\<{_one_of(words.names)}\>"),
        _match("Call", r"\<\h\w*\ze\s*("),
        _match("Function", rf"\<{_one_of(words.functions)}\ze\s*("),
        _match("Parameter", r"[(,]\s*\zs\h\w*\ze\s*==\@!"),
        _match("Step", rf"^\s\+\zs{_one_of(words.steps)}\>\%(\s*\%([.(]\|[-+]\==\)\)\@!"),
        _match("Setting", rf"^\s\+\zs{_one_of(words.settings)}\ze\s*==\@!"),
        _match("Type", rf":\s*\zs{_one_of(words.types)}\>\%(\[[a-z\[\]?]*\]\)\=?\="),
        _match("Top", rf"^\s*\zs{_one_of(word for word in words.top if word not in _APART)}\>"),
        _match("Top", r"^listener\s\@=", _then("Place")),
        _match("Member", r"[[:alnum:]_)\]]\@1<=\.\h\w*"),
        _match("Label", r"@\s*\w\+"),
        _match("Declared", r"\<\h\w*\>", "contained"),
        _match("Disconnect", r"\<disconnect\>", "contained"),
        *_several("Value", r"\<\h\w*\>"),
        *_several("Place", r"\<\h\w*\>"),
        *_several("Hook", rf"\<{_one_of(words.hooks)}\>"),
    ]


def _literals(words: Words) -> list[str]:
    duration = rf"\%(\d\+{_one_of(words.durations)}\)\+"
    return [
        _match("Wrong", r"\<\d[[:alnum:]_.]*"),
        _match("Number", r"\<\d\+\%(\.\d\+\)\=\>\%(\.\d\)\@!"),
        _match("Number", rf"\<\d\+\%(\.\d\+\)\={_one_of(words.sizes)}\>"),
        _match("Number", rf"\<{duration}\>"),
        _match("Number", rf"\<\d\+/\%({duration}\|{_one_of(words.durations)}\)\>"),
        _match("Number", r"\<[245]\.\d\{1,3}\.\d\{1,3}\>"),
        _match("Address", r"\<\d\+\.\d\+\.\d\+\.\d\+"),
        _match("Address", r"\%(\w\|[.:]\)\@1<!\%(\x*:\x*:\)\@=\x*:[[:xdigit:].:]*"),
        _match("Time", r"\<\d\{4}-\d\d-\d\dT[0-9:.]\+Z"),
        _match("Constant", "<>"),
        _region("Pattern", r'[[:alnum:]_)\]"]\@1<!/[^/]\@=', r"/\w*", "oneline", skip=r"\\."),
    ]


def _texts(words: Words) -> list[str]:
    def inside(hole: str) -> str:
        return f"contains={_group('Escape')},{_group('BadEscape')},{_group(hole)},@Spell"

    within = ",".join(map(_group, ("Filter", "HoleText", "HoleName", "Member", "Escape")))
    hole = f"contained contains={within}"
    return [
        _match("Comment", "#.*$", "contains=@Spell"),
        _region("Text", '"', r'"\|$', inside("Hole"), skip=r"\\."),
        _region("Text", '"""', '"""', inside("LongHole"), skip=r"\\."),
        _match("BadEscape", r"\\.", "contained"),
        _match("Escape", r'\\\%(u{\x\{1,6}}\|["\\nt]\)', "contained"),
        _region("Hole", "{{", r'}}\|"\@=', f"{hole} oneline", mark="HoleMark"),
        _region("LongHole", "{{", "}}", f"{hole},{_group('HoleLongText')}", mark="HoleMark"),
        _match("HoleText", "'[^']*'", "contained"),
        _match("HoleLongText", '"[^"]*"', "contained"),
        _match("HoleName", rf"\<{_one_of(words.names)}\>", "contained"),
        _match("Filter", rf"|\s*\zs{_one_of(words.filters)}\>", "contained"),
    ]


def _linked() -> list[str]:
    return [*(f"hi def link {_group(name)} {group}" for name, group in _LINKS.items()), "", 'let b:current_syntax = "qpsmtpd"']
