"""Cuts a rules file into logical lines of tokens.

A logical line goes on while a bracket is open. A bracket that is never closed (Q102) ends where a new statement
plainly begins, so that it does not swallow the rest of the file; likewise a text (Q103). Malformed literals are
reported here (Q107), once. Lines end in LF (text.py). Knows words and signs, no grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qpsmtpd.dsl.diagnostics.findings import Findings, Note
from qpsmtpd.dsl.syntax import literals
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, OPENING, SIGNS, STATEMENT_WORDS, TOP_WORDS, VERBS, Token

DEPTH_LIMIT = 50
"""Brackets inside brackets, and blocks inside blocks."""

_TOKEN = re.compile(
    r"""(?P<BLANK>[ \t]+|\#[^\n]*)
    |(?P<NL>\n)
    |(?P<ADDRESS>(?<![\w.:])(?:\d+\.\d+\.\d+\.\d+|(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)[0-9a-fA-F]*:[0-9a-fA-F.:]*)(?:/\d+)?)
    |(?P<PAIR>and[ \t]+disconnect\b|not[ \t]+(?:in|matches)\b)
    |(?P<WORD>[A-Za-z_]\w*)
    |(?P<TEXT>\"{3}(?:[^"\\]|\\[\s\S]|"(?!""))*\"{3}|"(?!"")(?:[^"\\\n]|\\.)*")
    |(?P<OPEN_TEXT>\"{3}|"(?:[^"\\\n]|\\.)*\\?)
    |(?P<TIME>\d{4}-\d\d-\d\dT[0-9:.]+Z)
    |(?P<DIGITS>\d[\w.]*(?:/\w+)?)
    |(?P<PATTERN>(?<![\w)\]"])/(?:[^/\\\n]|\\.)+/\w*)
    |(?P<SLIP>'(?:[^'\\\n]|\\.)*'|[\u201c\u201d\u201e][^\u201c\u201d\n]*+[\u201c\u201d]|&&|\|\||!(?!=))
    |(?P<SIGN>->|<>|==|!=|<=|>=|\+=|-=|\?\?|[-+=<>@?/()\[\]{}:,.])
    |(?P<BAD>[\s\S])""",
    re.VERBOSE | re.ASCII,
)
_TOP_LINE = re.compile(rf"(?:{'|'.join(TOP_WORDS)})\b(?!\s*[,)\]}}])|@\w")
_STATEMENT_LINE = re.compile(rf"(?:{'|'.join((*STATEMENT_WORDS, *VERBS, 'on', 'apply'))})\b(?!\s*[,)\]}}=])")
_SURE_LINE = re.compile(r"(?:if|unless|elif|else|match|case|let|on|accept|deny|defer|discard)\b(?!\s*[,)\]}=])")
_NAME_LINE = re.compile(r"[A-Za-z_]\w*\s*(?:\(|[-+]?=(?!=))")
_LINE_START = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*([ \t]*)")
_LEADING = re.compile(r"(?:and|or)\b(?![ \t]+disconnect)")
_UNFINISHED = frozenset(
    {"AND", "OR", "NOT", "CMP", "IN", "NOT_IN", "MATCHES", "NOT_MATCHES", "PLUS", "MINUS", "DEFAULT", "COMMA"}
)
_BRACKETS = "put brackets around what spans lines: `if (a or` … `b) deny`"
_PAIRS = {"and": "DISCONNECT", "in": "NOT_IN", "matches": "NOT_MATCHES"}


@dataclass(slots=True)
class Line:
    """A logical line. `indent` is the blanks before it; `reported` says that a finding already explains it."""

    tokens: list[Token]
    indent: str
    reported: bool = False


@dataclass(slots=True)
class _Scan:
    """Where the scan stands."""

    text: str
    file: str
    findings: Findings
    at: int = 0
    number: int = 1
    start: int = 0
    """Where the physical line begins."""
    tokens: list[Token] = field(default_factory=list)
    brackets: list[Token] = field(default_factory=list)
    cut: tuple[int, int, int] | None = None
    """Where an open bracket ends if it is never closed: offset, line, tokens before it."""
    reported: bool = False
    lines: list[Line] = field(default_factory=list)
    indent: str = ""


def scan(text: str, file: str, findings: Findings) -> list[Line]:
    """The logical lines of a text, blank ones and comments left out."""
    state = _Scan(text, file, findings)
    _begin(state)
    while True:
        while state.at < len(text):
            _step(state)
        if not state.brackets:
            _finish(state)
            return state.lines
        _unclosed(state)


def _step(state: _Scan) -> None:
    match = _TOKEN.match(state.text, state.at)
    assert match is not None, "the last alternative takes anything"
    kind = match.lastgroup
    if kind == "BLANK":
        state.at = match.end()
    elif kind == "NL":
        state.at, state.number, state.start = match.end(), state.number + 1, match.end()
        _newline(state)
    elif kind == "OPEN_TEXT":
        _open_text(state, match[0])
    else:
        token = _token(state, match, str(kind))
        state.tokens.append(token)
        state.at = match.end()
        if kind == "SIGN":
            _bracket(state, token)


def _token(state: _Scan, match: re.Match[str], kind: str) -> Token:
    raw = match[0]
    name, value = raw, None
    column = match.start() - state.start + 1
    if kind == "WORD":
        name = KEYWORDS.get(raw, "NAME")
        value = {"TRUE": True, "FALSE": False}.get(name)
    elif kind == "SIGN":
        name = SIGNS[raw]
    elif kind == "PAIR":
        name = _PAIRS["and" if raw.startswith("and") else raw.split()[-1]]
    elif kind == "ADDRESS":
        name = "BAD" if "/" in raw else "IP"
    elif kind == "TIME":
        name = "TIME"
    elif kind in ("TEXT", "DIGITS", "PATTERN"):
        return _literal(state, raw, kind, column)
    else:
        name = "BAD"
    return Token(name, raw, state.file, state.number, column, state.number, column + len(raw), value)


_READERS: Mapping[str, Callable[[str], literals.Value]] = {
    "TEXT": literals.text,
    "DIGITS": literals.number,
    "PATTERN": literals.pattern,
}


def _literal(state: _Scan, raw: str, kind: str, column: int) -> Token:
    value = _READERS[kind](raw)
    line, end = state.number, column + len(raw)
    newlines = raw.count("\n") if kind == "TEXT" else 0
    if newlines:
        end = len(raw) - raw.rindex("\n")
        state.number += newlines
        state.start = state.at + raw.rindex("\n") + 1
    token = Token(value.terminal, raw, state.file, line, column, state.number, end, value.value)
    if value.fault:
        state.findings.add("Q107", token.span, value.fault, help=value.remedy)
    return token


def _begin(state: _Scan) -> None:
    """Skips blank lines and notes the indentation of the next logical line."""
    match = _LINE_START.match(state.text, state.at)
    assert match is not None
    state.number += match[0].count("\n")
    state.start, state.at = match.start(1), match.end()
    state.indent = match[1]
    state.reported = False
    state.cut = None


def _finish(state: _Scan) -> None:
    if state.tokens:
        state.lines.append(Line(state.tokens, state.indent, state.reported))
        state.tokens = []


def _newline(state: _Scan) -> None:
    """Ends the logical line, unless a bracket is open that may still be closed."""
    if not state.brackets:
        if not _goes_on(state):
            _finish(state)
            _begin(state)
        return
    match = _LINE_START.match(state.text, state.at)
    assert match is not None
    indent, rest = match[1], match.end()
    deeper = len(indent) > len(state.indent)
    plainly = bool(_STATEMENT_LINE.match(state.text, rest)) or (not deeper and bool(_NAME_LINE.match(state.text, rest)))
    if state.cut is None and plainly:
        state.cut = (state.at, state.number, len(state.tokens))
    if _SURE_LINE.match(state.text, rest) or (not indent and _TOP_LINE.match(state.text, rest)):
        _unclosed(state)


def _goes_on(state: _Scan) -> bool:
    """True when the line plainly goes on below, as in other languages; that is reported, and the line read as meant."""
    match = _LINE_START.match(state.text, state.at)
    assert match is not None
    last = state.tokens[-1] if state.tokens else None
    if last is None or match.end() >= len(state.text) or match[0].count("\n"):
        return False
    if last.text == "\\":
        state.tokens.pop()
    elif (last.type not in _UNFINISHED and last.text not in ("&&", "||")) or _STATEMENT_LINE.match(state.text, match.end()):
        leading = _LEADING.match(state.text, match.end())
        if leading is None or len(match[1]) < len(state.indent):
            return False
        column = len(match[1]) + 1
        last = Token("AND", leading[0], state.file, state.number, column, state.number, column + len(leading[0]))
    edge = "begin" if last.line == state.number else "end"
    state.findings.add(
        "Q110",
        last.span,
        f"no line {edge}s with `{last.text}`",
        why="a line goes on below only while a bracket is open",
        help=_BRACKETS,
    )
    return True


def _bracket(state: _Scan, token: Token) -> None:
    if token.text in OPENING:
        state.brackets.append(token)
        if len(state.brackets) > DEPTH_LIMIT:
            _too_deep(state, token)
    elif token.text in OPENING.values() and state.brackets:
        opened = state.brackets.pop()
        if OPENING[opened.text] != token.text:
            state.reported = True
            opens = max((i for i, b in enumerate(state.brackets) if OPENING[b.text] == token.text), default=None)
            state.brackets = state.brackets[:opens]
            note = Note(token.span, f"`{token.text}` stands where `{OPENING[opened.text]}` is wanted")
            state.findings.add(
                "Q102",
                opened.span,
                f"`{opened.text}` is closed by `{token.text}`",
                help=f"close it with `{OPENING[opened.text]}`",
                notes=(note,),
            )
        if not state.brackets:
            state.cut = None


def _too_deep(state: _Scan, token: Token) -> None:
    state.findings.add("Q102", token.span, f"more than {DEPTH_LIMIT} brackets are open here", help="close the ones before it")
    stop = state.text.find("\n", state.at)
    state.at = len(state.text) if stop < 0 else stop
    state.brackets = []
    state.reported = True


def _unclosed(state: _Scan) -> None:
    """Reports the open brackets and ends the logical line where the next statement begins."""
    at, number, count = state.cut or (state.at, state.number, len(state.tokens))
    kept = state.tokens[:count]
    for opened in state.brackets:
        if opened in kept:
            state.findings.add(
                "Q102",
                opened.span,
                f"`{opened.text}` is never closed",
                why="a line goes on until every bracket in it is closed",
                help=f"add the missing `{OPENING[opened.text]}`",
            )
    state.tokens = closed(kept, [b for b in state.brackets if b in kept])
    state.brackets = []
    state.reported = True
    state.at, state.number, state.start = at, number, at
    _finish(state)
    _begin(state)


def closed(tokens: list[Token], brackets: list[Token]) -> list[Token]:
    """The tokens with the missing brackets put in: before the colon of a header, else at the end."""
    if not tokens:
        return tokens
    header = tokens[-1].type == "COLON"
    body, tail = (tokens[:-1], tokens[-1:]) if header else (tokens, [])
    last = tokens[-1]
    missing = [
        Token(SIGNS[sign], sign, last.file, last.end_line, last.end_column, last.end_line, last.end_column)
        for sign in (OPENING[b.text] for b in reversed(brackets))
    ]
    return [*body, *missing, *tail]


def _open_text(state: _Scan, raw: str) -> None:
    """Reports a text without its closing quote; it ends with its line."""
    stop = state.text.find("\n", state.at)
    stop = len(state.text) if stop < 0 else stop
    written = state.text[state.at : stop].rstrip()
    column = state.at - state.start + 1
    value: Any = written.lstrip('"')
    token = Token("STRING", written, state.file, state.number, column, state.number, column + len(written), value)
    quotes = '"""' if raw == '"""' else '"'
    state.findings.add(
        "Q103",
        token.span,
        "this text is never closed",
        why="a text ends on the line it begins on; between three quotes it may span lines",
        help=f"add the closing `{quotes}`",
    )
    state.tokens.append(token)
    state.reported = True
    state.at = stop
    if quotes == '"""':
        _skip_text(state)


def _skip_text(state: _Scan) -> None:
    """Goes on where a statement begins at the left margin: what lies between is the text that was not closed."""
    match = re.compile(rf"^(?:{_TOP_LINE.pattern})", re.MULTILINE).search(state.text, state.at)
    stop = match.start() if match else len(state.text)
    state.number += state.text.count("\n", state.at, stop)
    state.at = state.start = stop
    state.brackets = []
    _finish(state)
    _begin(state)
