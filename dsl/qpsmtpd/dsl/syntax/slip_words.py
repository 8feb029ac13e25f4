"""Slips in words: misspelt keywords, those of other languages, statements in the wrong place."""

from __future__ import annotations

from qpsmtpd.dsl.diagnostics.suggest import did_you_mean, unmistakable
from qpsmtpd.dsl.syntax.slip import Failure, Slip, like
from qpsmtpd.dsl.syntax.slip_lines import ORDER
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, STATEMENT_WORDS, TOP_WORDS, VERBS

_INSIDE = (*STATEMENT_WORDS, *VERBS)
_FOREIGN_TOP = {"include": "use", "import": "use", "def": "define", "function": "define", "macro": "define", "set": "let"}
_FOREIGN_TOP |= {"const": "let", "hook": "on", "plugin": "apply", "when": "on", "acl": "policy"}
_FOREIGN = {"elseif": "elif", "elsif": "elif", "when": "if", "switch": "match", "reject": "deny", "tempfail": "defer"}
_FOREIGN |= {"drop": "discard", "var": "let", "const": "let"}
_SAME = frozenset({"include", "import", "def", "elseif", "elsif", "reject", "tempfail"})
"""Words of others that mean here exactly what is meant by them there."""
_NEEDLESS = ("then", "return", "set", "do")
_LOOPS = ("for", "while", "foreach", "loop")


def else_if(f: Failure) -> Slip | None:
    """`else if`."""
    if f.token.type != "COND" or f.before is None or f.before.type != "ELSE":
        return None
    mended = f.replaced(like(f.before, "ELIF", "elif"), at=f.index - 1, count=2)
    written, sure = ("elif", True) if f.token.text == "if" else ("elif not (…)", False)
    message = f"`else {f.token.text}` is written `{written}`"
    return Slip("Q110", f.before.to(f.token), message, help=f"write `{written}`", mended=mended, sure=sure)


def needless(f: Failure) -> Slip | None:
    """`then`, `return`, `set`."""
    for index in (f.index, f.index - 1):
        token = f.tokens[index] if 0 <= index < len(f.tokens) else None
        if token is not None and token.text in _NEEDLESS and token.type == "NAME" and len(f.tokens) > 1:
            mended = f.replaced(at=index)
            help = f"leave `{token.text}` out"
            return Slip("Q110", token.span, f"there is no `{token.text}`", help=help, mended=mended, sure=True)
    return None


def loop(f: Failure) -> Slip | None:
    """Loops, which the language does not have."""
    word = f.tokens[0].text
    if word not in _LOOPS or f.index > 1:
        return None
    why = "every rule ends after a time that is known before it runs"
    help = "ask about a whole list at once: `x in list`"
    return Slip("Q110", f.tokens[0].span, "there are no loops", why=why, help=help)


def top_word(f: Failure) -> Slip | None:
    """A line at the left margin that begins with no word that can begin one."""
    if f.index != 0 or "REQUIRE" not in f.accepted:
        return None
    word = f.token.text
    meant = _FOREIGN_TOP.get(word) or did_you_mean(word, TOP_WORDS)
    if meant == "use" and word in _FOREIGN_TOP and f.tokens[1:2] and f.tokens[1].type != "STRING":
        meant = None
    if word in _INSIDE:
        return Slip("Q101", f.token.span, f"`{word}` stands inside a hook", help="write `on rcpt:` (or another hook) above it")
    allowed = "a line at the left margin begins with " + ", ".join(f"`{w}`" for w in TOP_WORDS[:-1]) + f" or `{TOP_WORDS[-1]}`"
    message = f"`{word}` begins no statement"
    if meant is None:
        return Slip("Q101", f.token.span, message, allowed=allowed)
    mended = f.replaced(like(f.token, KEYWORDS[meant], meant))
    sure = word in _SAME or unmistakable(word, TOP_WORDS) == meant
    return Slip("Q101", f.token.span, message, allowed=allowed, help=f"did you mean `{meant}`?", mended=mended, sure=sure)


def inner_word(f: Failure) -> Slip | None:
    """A line in a block whose first word is none of the language."""
    first = f.tokens[0]
    if first.type != "NAME" or not 1 <= f.index <= len(f.tokens):
        return None
    meant = _FOREIGN.get(first.text) or did_you_mean(first.text, _INSIDE)
    if meant is None or (f.index > 1 and meant in VERBS and f.tokens[1].type not in ORDER):
        return None
    mended = f.replaced(like(first, KEYWORDS[meant], meant), at=0)
    code = "Q110" if first.text in _FOREIGN else "Q101"
    message = f"`{first.text}` begins no statement"
    sure = first.text in _SAME or unmistakable(first.text, _INSIDE) == meant
    return Slip(code, first.span, message, help=f"did you mean `{meant}`?", mended=mended, sure=sure)


def nested(f: Failure) -> Slip | None:
    """`on`, `listener`, ... inside of a block."""
    first = f.tokens[0]
    if first.text not in TOP_WORDS or first.text in _INSIDE or f.index > 1 or first.column == 1:
        return None
    message = f"`{first.text}` cannot stand inside a block"
    return Slip("Q101", first.span, message, help="begin it at the left margin")


def branch(f: Failure) -> Slip | None:
    """`elif`, `else`, `unknown` or `case` with nothing to belong to."""
    word = f.tokens[0].text
    if f.index != 0 and not (f.index == 1 and "DISCONNECT" in f.accepted):
        return None
    if word in ("elif", "else"):
        return Slip(
            "Q101",
            f.tokens[0].span,
            f"no block of an `if` stands right above this `{word}`",
            why="an `if` on one line has no further branches but `unknown`",
            help=f"write the `if` as a block, and `{word}` below it, indented like it",
        )
    if word == "unknown":
        help = "put it right below the `if` whose lookup may fail, indented like it"
        return Slip("Q101", f.tokens[0].span, "this `unknown` belongs to no `if`", help=help)
    if word == "case":
        return Slip("Q101", f.tokens[0].span, "this `case` belongs to no `match`", help="indent it below a `match` line")
    if "CASE" in f.accepted and f.index == 0:
        return Slip("Q101", f.token.span, "a `match` has only `case` lines below it", help=f"write `case …: {word} …`")
    return None


def setting(f: Failure) -> Slip | None:
    """`bind "x"` or `bind: "x"` for `bind = "x"`."""
    if f.index != 1 or f.accepted != {"EQUAL"} or f.ended:
        return None
    count = 1 if f.token.type == "COLON" else 0
    mended = f.replaced(like(f.token, "EQUAL", "="), count=count)
    name = f.tokens[0].text
    message = f"`{name}` is set with `=`"
    sure = f.token.type in ("COLON", "LSQB") or f.index == len(f.tokens) - 1
    return Slip("Q110", f.token.span, message, help=f"write `{name} = …`", mended=mended, sure=sure)
