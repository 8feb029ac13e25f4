"""The TextMate grammar, for VS Code, Sublime Text and others, as the value that its file holds.

It knows words and signs as the scanner does, and of the grammar only what is needed to tell a name from a keyword: what
stands behind a dot is a part, before a bracket a function, before `=` a setting or parameter.
"""

from __future__ import annotations

from typing import Any

from words import DECLARING, Words, choice

Rule = dict[str, Any]
_START = r"(?<![.\w])"
"""Not inside of a word, and no part of a value."""
_ASSIGNED = r"\s*=(?!=)"
_LIST = r"[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*"
_INSIDE = ("escape", "hole", "long_hole")
"""What stands in texts alone."""


def grammar(words: Words) -> Rule:
    """The grammar with these words."""
    repository = {**_texts(words), **_literals(words), **_places(words), **_words(words)}
    order = [name for name in repository if name not in _INSIDE]
    return {
        "name": "qpsmtpd rules",
        "scopeName": "source.qpsmtpd",
        "comment": "Printed by docs/editors/generate.py; do not edit.",
        "fileTypes": ["q"],
        "patterns": _include(*order),
        "repository": repository,
    }


def _match(pattern: str, scope: str) -> Rule:
    return {"match": pattern, "name": f"{scope}.qpsmtpd"}


def _captured(pattern: str, *scopes: str) -> Rule:
    """A pattern whose groups have these scopes, from the first on."""
    return {"match": pattern, "captures": {str(i): {"name": f"{scope}.qpsmtpd"} for i, scope in enumerate(scopes, 1)}}


def _listed(pattern: str, scope: str, each: str) -> Rule:
    """A keyword, and behind it words with commas between them."""
    words = {"patterns": [_match(r"\w+", each)]}
    return {"match": pattern, "captures": {"1": {"name": f"{scope}.qpsmtpd"}, "2": words}}


def _any(*rules: Rule) -> Rule:
    return {"patterns": list(rules)}


def _include(*names: str) -> list[Rule]:
    return [{"include": f"#{name}"} for name in names]


def _span(begin: str, end: str, scope: str, *inside: Rule) -> Rule:
    return {"begin": begin, "end": end, "name": f"{scope}.qpsmtpd", "patterns": list(inside)}


def _texts(words: Words) -> dict[str, Rule]:
    inside = _include("escape", "hole")
    return {
        "comment": _match(r"#.*$", "comment.line.number-sign"),
        "text": _any(
            _span(r'"""', r'"""', "string.quoted.triple", *_include("escape", "long_hole")),
            _span(r'"(?!"")', r'"|$', "string.quoted.double", *inside),
        ),
        "escape": _any(
            _match(r"\\(?:u\{[0-9A-Fa-f]{1,6}\}|[\"\\nt])", "constant.character.escape"),
            _match(r"\\.", "invalid.illegal.escape"),
        ),
        "hole": _hole(r'\}\}|(?=")|$', r"'[^']*'", words),
        "long_hole": _hole(r"\}\}", r"'[^']*'|\"[^\"]*\"", words),
    }


def _hole(end: str, text: str, words: Words) -> Rule:
    """What stands between `{{` and `}}`; in a text of one line a quote ends that, too."""
    return _span(
        r"\{\{",
        end,
        "meta.embedded.template",
        *_include("escape"),
        _captured(rf"(\|)\s*({choice(words.filters)})\b", "keyword.operator.pipe", "support.function.filter"),
        _match(text, "string.quoted"),
        _match(r"\.\w+", "variable.other.member"),
        _match(rf"{_START}({choice(words.names)})\b", "variable.language"),
        _match(r"\b\d+\b", "constant.numeric"),
        _match(r"\b[A-Za-z_]\w*", "variable.other"),
    )


def _literals(words: Words) -> dict[str, Rule]:
    duration = rf"(?:\d+(?:{choice(words.durations)}))+"
    return {
        "address": _any(
            _match(r"(?<![\w.:])\d+\.\d+\.\d+\.\d+", "constant.other.ip"),
            _match(r"(?<![\w.:])(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)[0-9a-fA-F]*:[0-9a-fA-F.:]*", "constant.other.ip"),
        ),
        "time": _match(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "constant.other.time"),
        "number": _any(
            _match(rf"\b\d+/(?:{duration}|{choice(words.durations)})\b", "constant.numeric.rate"),
            _match(r"\b[245]\.\d{1,3}\.\d{1,3}\b", "constant.numeric.enhanced-code"),
            _match(rf"\b{duration}\b", "constant.numeric.duration"),
            _match(rf"\b\d+(?:\.\d+)?(?:{choice(words.sizes)})\b", "constant.numeric.size"),
            _match(r"\b\d+(?:\.\d+)?\b(?!\.\d)", "constant.numeric"),
            _match(r"\b\d[\w.]*", "invalid.illegal.number"),
        ),
        "pattern": _match(r'(?<![\w)\]"])/(?:[^/\\]|\\.)+/\w*', "string.regexp"),
        "null_sender": _match(r"<>", "constant.language.null-sender"),
    }


def _places(words: Words) -> dict[str, Rule]:
    """Words that are what they are by where they stand."""
    hooks = choice(words.hooks)
    declaring = choice(word for word in DECLARING if word not in ("let", "var"))
    types = rf"(?:{choice(words.types)})\b(?:\[[\w\[\]?]*\])?\??"
    return {
        "label": _captured(r"(@)\s*(\w+)", "punctuation.definition.label", "entity.name.label"),
        "member": _match(r"(?<=[\w)\]])\.[A-Za-z_]\w*", "variable.other.member"),
        "on": _listed(
            rf"{_START}(on)\s+((?:{hooks})(?:\s*,\s*(?:{hooks}))*)\b", "keyword.control.top", "entity.name.function.hook"
        ),
        "case": _listed(rf"{_START}(case)\s+({_LIST})", "keyword.control", "constant.other.enum"),
        "moment": _captured(rf"{_START}(at|before)\s+({hooks})\b", "keyword.other", "entity.name.function.hook"),
        "place": _listed(rf"{_START}(at)\s+({_LIST})", "keyword.other", "entity.name.type.listener"),
        "listener": _captured(r"^(listener)\s+(\w+)", "keyword.control.top", "entity.name.type.listener"),
        "definition": _captured(rf"{_START}({declaring})\s+(\w+)", "storage.type", "entity.name.function"),
        "value": _captured(rf"{_START}(let|var)\s+(\w+)", "storage.type", "variable.other.constant"),
        "path": _captured(rf"{_START}(use)\s+(\w+(?:/\w+)*)", "keyword.control.top", "string.unquoted"),
        "step": _captured(rf"^\s+({choice(words.steps)})\b(?!\s*(?:[.(]|[-+]?=))", "keyword.other.step"),
        "setting": _captured(rf"^\s+({choice(words.settings)})(?={_ASSIGNED})", "support.type.property-name"),
        "parameter": _captured(rf"(?<=[(,])\s*([A-Za-z_]\w*)(?={_ASSIGNED})", "variable.parameter"),
        "type": _captured(rf":\s*({types})", "support.type"),
        "disconnect": _match(r"\band[ \t]+disconnect\b", "keyword.control.verdict"),
    }


def _words(words: Words) -> dict[str, Rule]:
    def word(of: tuple[str, ...], scope: str) -> Rule:
        return _match(rf"{_START}(?:{choice(of)})\b(?!{_ASSIGNED})", scope)

    leading = ("on", *DECLARING)  # they have more behind them, and may stand in blocks
    return {
        "keyword": _any(
            word(words.control, "keyword.control"),
            _captured(rf"^\s*({choice(set(words.top) - set(leading))})\b(?!{_ASSIGNED})", "keyword.control.top"),
            word(leading, "keyword.control.top"),
            word(words.operators, "keyword.operator.word"),
            word(words.inside, "keyword.other"),
            word(words.verbs, "keyword.control.verdict"),
            word(words.constants, "constant.language"),
        ),
        "function": _any(
            _match(rf"{_START}(?:{choice(words.functions)})(?=\s*\()", "support.function"),
            _match(rf"{_START}[A-Za-z_]\w*(?=\s*\()", "entity.name.function.call"),
        ),
        "name": _match(rf"{_START}(?:{choice(words.names)})\b", "variable.language"),
        "word": _match(r"[A-Za-z_]\w*", "variable.other"),
        "sign": _any(
            _match(r"->", "keyword.operator.arrow"),
            _match(r"==|!=|<=|>=|<|>", "keyword.operator.comparison"),
            _match(r"\+=|-=|=", "keyword.operator.assignment"),
            _match(r"\?\?|\+|-", "keyword.operator"),
            _match(r"[\[\](){}]", "punctuation.section.brackets"),
            _match(r"[:,]", "punctuation.separator"),
        ),
    }
