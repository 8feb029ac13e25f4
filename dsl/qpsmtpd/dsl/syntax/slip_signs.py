"""Slips in signs: quotes, operators, addresses without quotes, semicolons, brackets that close nothing."""

from __future__ import annotations

from itertools import pairwise

from qpsmtpd.dsl.syntax.slip import Failure, Slip, like, written
from qpsmtpd.dsl.syntax.tokens import SIGNS, Token

_OPERATORS = {"&&": ("AND", "and"), "||": ("OR", "or"), "!": ("NOT", "not")}
_QUOTES = "'\u201c\u201d\u201e"
_COMPARISONS = ("CMP", "IN", "NOT_IN", "MATCHES", "NOT_MATCHES")


def sign(f: Failure) -> Slip | None:
    """A sign that the language does not have."""
    text = f.token.text
    if f.token.type != "BAD":
        return None
    if text[0] in _QUOTES and len(text) > 1:
        return _quotes(f)
    if text in _OPERATORS:
        terminal, word = _OPERATORS[text]
        mended = f.replaced(like(f.token, terminal, word))
        sure = text == "!" or 0 < f.index < len(f.tokens) - 1
        return Slip("Q110", f.token.span, f"`{text}` is written `{word}`", help=f"write `{word}`", mended=mended, sure=sure)
    if text == ";":
        return _semicolon(f)
    if "/" in text:
        return address(f)
    if text == "$":
        named = bool(_text(f, f.index + 1)) and _adjacent(f.token, f.tokens[f.index + 1])
        message = "names are written without `$`"
        return Slip("Q110", f.token.span, message, help="leave `$` out", mended=f.replaced(), sure=named)
    if text in _QUOTES:
        return Slip("Q110", f.token.span, f"`{text}` begins no text", help='write texts between `"` and `"` on one line')
    return Slip("Q101", f.token.span, f"`{text}` has no meaning in rules", mended=f.replaced() if f.tokens[1:] else None)


def _quotes(f: Failure) -> Slip:
    inner = f.token.text[1:-1]
    text = '"' + inner.replace('"', '\\"') + '"'
    mended = f.replaced(like(f.token, "STRING", text, inner))
    # `don't … can't` is no text, and a backslash may mean something else there
    sure = "\\" not in inner and not any(_adjacent(*pair) and _is_word(pair) for pair in pairwise(f.tokens) if f.token in pair)
    return Slip("Q110", f.token.span, 'texts stand between `"` and `"`', help=f"write `{text}`", mended=mended, sure=sure)


def _is_word(pair: tuple[Token, Token]) -> bool:
    return any(token.text[:1].isalnum() for token in pair)


def _adjacent(one: Token, other: Token) -> bool:
    return (one.end_line, one.end_column) == (other.line, other.column)


def _semicolon(f: Failure) -> Slip:
    if f.index == len(f.tokens) - 1:
        message = "no `;` stands at the end of a line"
        return Slip("Q110", f.token.span, message, help="leave `;` out", mended=f.replaced(), sure=True)
    mended = f.tokens[: f.index]
    help = "begin a new line after the first statement"
    return Slip("Q110", f.token.span, "one line holds one statement", help=help, mended=mended or None)


def address(f: Failure) -> Slip | None:
    """An address or network without quotes."""
    if f.token.type not in ("IP", "BAD"):
        return None
    noun = "a network" if "/" in f.token.text else "an address"
    text = f'"{f.token.text}"'
    mended = f.replaced(like(f.token, "STRING", text, f.token.text))
    return Slip("Q110", f.token.span, f"{noun} is written between quotes", help=f"write `{text}`", mended=mended, sure=True)


_OF_A_NAME = frozenset({"NAME", "DOT", "MINUS", "PLUS", "AT_SIGN", "NUMBER", "CODE"})


def mailbox(f: Failure) -> Slip | None:
    """`sender == ann@example.org`: a mail address without quotes."""
    if f.token.type != "AT_SIGN" or f.before is None:
        return None
    start, stop = f.index, f.index + 1
    while start > 0 and _joined(f.tokens[start - 1], f.tokens[start]):
        start -= 1
    while stop < len(f.tokens) and _joined(f.tokens[stop - 1], f.tokens[stop]):
        stop += 1
    if start == f.index or stop == f.index + 1:
        return None
    text = "".join(token.text for token in f.tokens[start:stop])
    mended = f.replaced(like(f.tokens[start], "STRING", f'"{text}"', text), at=start, count=stop - start)
    span = f.tokens[start].to(f.tokens[stop - 1])
    return Slip("Q110", span, "a mail address is written between quotes", help=f'write `"{text}"`', mended=mended, sure=True)


def _joined(one: Token, other: Token) -> bool:
    """True when no blank stands between two pieces of an address."""
    return _adjacent(one, other) and {one.type, other.type} <= _OF_A_NAME


def counted_up(f: Failure) -> Slip | None:
    """`score++`."""
    sign, before = f.token.text, f.before
    if sign not in ("+", "-") or before is None or before.type != "NAME" or _text(f, f.index + 1) != sign:
        return None
    help = f"write `{before.text} {sign}= 1`"
    one = like(f.token, "NUMBER", "1", 1)
    mended = f.replaced(like(f.token, SIGNS[f"{sign}="], f"{sign}="), one, count=2)
    return Slip("Q110", f.token.span, f"there is no `{sign}{sign}`", help=help, mended=mended, sure=True)


def braces(f: Failure) -> Slip | None:
    """`{ deny }`: braces around a block."""
    if f.token.type != "LBRACE" or f.index == 0:
        return None
    mended = [token for token in f.tokens if token.type not in ("LBRACE", "RBRACE")]
    help = "leave the braces out; the lines of a block are indented by 4 blanks more than its header"
    sure = f.conditional and len(f.tokens) - len(mended) == 2
    return Slip("Q110", f.token.span, "no braces stand around a block", help=help, mended=mended, sure=sure)


def round_list(f: Failure) -> Slip | None:
    """`x in ("a", "b")`."""
    opens = next((i for i in range(f.index - 1, 0, -1) if f.tokens[i].type == "LPAR"), 0)
    if f.token.type != "COMMA" or not opens or f.tokens[opens - 1].type not in ("IN", "NOT_IN"):
        return None
    closes = next((i for i in range(f.index, len(f.tokens)) if f.tokens[i].type == "RPAR"), None)
    if closes is None:
        return None
    mended = f.replaced(like(f.tokens[opens], "LSQB", "["), at=opens)
    mended[closes] = like(f.tokens[closes], "RSQB", "]")
    inner = written(mended[opens : closes + 1])
    message = "a list stands between `[` and `]`"
    return Slip("Q110", f.tokens[opens].span, message, help=f"write `{inner}`", mended=mended, sure=True)


def equals(f: Failure) -> Slip | None:
    """`=` for `==`, `==` for `=`, `:=`, `===`, `<>` for `!=`."""
    at, before = f.token, f.before
    if before is None:
        return None
    if at.type == "EQUAL" and before.type == "CMP":
        message, help = f"`{before.text}=` is no operator", f"write `{before.text}`"
        return Slip("Q110", before.to(at), message, help=help, mended=f.replaced(), sure=_adjacent(before, at))
    if at.type == "EQUAL" and f.conditional:
        mended = f.replaced(like(at, "CMP", "=="))
        return Slip("Q110", at.span, "`=` sets a value; `==` compares", help="write `==`", mended=mended, sure=True)
    if at.text == "==" and f.accepted & {"EQUAL"}:
        mended = f.replaced(like(at, "EQUAL", "="))
        # behind a condition it may be the end of a longer one
        sure = not f.conditional
        return Slip("Q110", at.span, "`==` compares; `=` sets a value", help="write `=`", mended=mended, sure=sure)
    if at.type == "COLON" and _text(f, f.index + 1) in ("=", "=="):
        return Slip("Q110", at.span, "`:=` is written `=`", help="write `=`", mended=f.replaced(), sure=True)
    if at.type == "NULL_SENDER" and "CMP" in f.accepted:
        mended = f.replaced(like(at, "CMP", "!="))
        return Slip("Q110", at.span, "`<>` is the null sender; unequal is `!=`", help="write `!=`", mended=mended)
    return None


def _text(f: Failure, index: int) -> str:
    return f.tokens[index].text if index < len(f.tokens) else ""


def chained(f: Failure) -> Slip | None:
    """`a < b < c`."""
    if f.token.type not in _COMPARISONS or "AND" not in f.accepted:
        return None
    help = "join two comparisons with `and`: `a < b and b < c`"
    return Slip("Q110", f.token.span, "a comparison cannot be compared again", help=help)


def closing(f: Failure) -> Slip | None:
    """A closing bracket that closes nothing, or that comes too early."""
    if f.token.type not in ("RPAR", "RSQB", "RBRACE"):
        return None
    if _depth(f.tokens[: f.index]) <= 0:
        message = f"this `{f.token.text}` closes nothing"
        return Slip("Q101", f.token.span, message, help="remove it, or open the bracket before it", mended=f.replaced())
    before = f.before.text if f.before else ""
    return Slip("Q101", f.token.span, f"something is missing between `{before}` and `{f.token.text}`", general=True)


def _depth(tokens: list[Token]) -> int:
    opened = sum(token.type in ("LPAR", "LSQB", "LBRACE") for token in tokens)
    return opened - sum(token.type in ("RPAR", "RSQB", "RBRACE") for token in tokens)
