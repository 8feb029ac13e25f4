"""Slips in the shape of a line: colons, the order of a verdict, a text without quotes, blocks that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from qpsmtpd.dsl.syntax.layout import HEADERS
from qpsmtpd.dsl.syntax.slip import Failure, Slip, like, written
from qpsmtpd.dsl.syntax.tokens import Token
from qpsmtpd.dsl.syntax.tree import Span

ORDER = ("AT", "CODE", "ENHANCED", "STRING", "DISCONNECT")
_VERDICT = 'VERB at HOOK CODE ENHANCED "text" and disconnect'


def one_line_if(f: Failure) -> Slip | None:
    """`if C: ACTION` on one line."""
    before = f.before
    if before is None or not f.conditional:
        return None
    if before.type == "COLON" and f.accepted == {"NL"}:
        at = f.index - 1
    elif f.token.type == "COLON" and f.index < len(f.tokens) - 1 and "VERB" in f.accepted:
        at = f.index
    else:
        return None
    mended = f.replaced(at=at)
    start = next(i for i in range(at, -1, -1) if f.tokens[i].type in ("COND", "ELIF"))
    return Slip(
        "Q110",
        f.tokens[at].span,
        "on one line no `:` stands between the condition and what follows",
        help=f"write `{written(mended[start:])}`, or put what follows on lines of its own",
        mended=mended,
        sure=not f.follower.startswith("el"),  # with an `elif` or `else`, however spelt, it must become a block
    )


def block_on_line(f: Failure) -> Slip | None:
    """`on rcpt: if C:` with a block below."""
    if f.token.type == "COLON" and f.index == len(f.tokens) - 1 and f.conditional and "VERB" in f.accepted and f.block:
        start = next(t for t in reversed(f.tokens[: f.index]) if t.type == "COND")
        help = f"begin a new line before `{start.text}`, indented further than this one"
        return Slip("Q101", start.span, f"an `{start.text}` with a block stands on a line of its own", help=help)
    return None


def no_colon(f: Failure) -> Slip | None:
    """The header of a block without its colon."""
    last = f.before
    if last is None or "COLON" not in f.accepted or f.word not in HEADERS:
        return None
    starts = f.token.type in ("VERB", "NAME", "COND", "LET")
    if not (f.ended and (f.block or f.word not in ("if", "unless"))) and not starts:
        return None
    place = Span(last.file, last.end_line, last.end_column, last.end_line, last.end_column + 1)
    mended = f.replaced(like(last, "COLON", ":"), count=0)
    help = f"put a `:` after `{last.text}`"
    return Slip("Q101", place, f"this `{f.word}` line has no `:`", help=help, mended=mended, sure=f.ended and f.block)


def no_action(f: Failure) -> Slip | None:
    """`if C` and nothing else."""
    if not f.ended or f.block or f.word not in ("if", "unless") or "COLON" not in f.accepted:
        return None
    whole = f.tokens[0].to(f.tokens[-1])
    return Slip("Q101", whole, f"this `{f.word}` does nothing", help="write what to do after the condition: `if C deny`")


def empty_block(f: Failure) -> Slip | None:
    """A header with no line below it."""
    if not f.ended or f.block or "INDENT" not in f.accepted:
        return None
    last = f.tokens[-1]
    return Slip("Q105", last.span, "no block follows this line", help="indent the lines that belong to it by 4 blanks more")


def needless_block(f: Failure) -> Slip | None:
    """An indented line below one that is complete."""
    if f.token.type != "INDENT":
        return None
    whole = f.tokens[0].to(f.tokens[-1])
    message = "this line is complete, but the next one is indented further"
    return Slip("Q105", whole, message, help="put what stands after the `:` on a line of its own, or indent the next line less")


def verdict_order(f: Failure) -> Slip | None:
    """`deny "x" at rcpt`: the parts of a verdict in another order."""
    verb = _verb(f)
    if verb is None or f.token.type not in ORDER:
        return None
    pieces, stop = _pieces(f.tokens, verb + 1)
    kinds = [piece[0].type for piece in pieces]
    if len(set(kinds)) < len(kinds):
        return Slip("Q101", f.token.span, f"`{f.token.text}` is said twice in this verdict", help=f"the order is {_VERDICT}")
    ordered = [token for piece in sorted(pieces, key=lambda p: ORDER.index(p[0].type)) for token in piece]
    mended = [*f.tokens[: verb + 1], *ordered, *f.tokens[stop:]]
    spelled = " ".join(token.text for token in (f.tokens[verb], *ordered))
    message = f"`{f.token.text}` stands before the text of a `{f.tokens[verb].text}`, not after it"
    if f.token.type in ("CODE", "ENHANCED") and f.before is not None:
        message = f"`{f.token.text}` stands before `{f.before.text}` in a verdict"
    why = f"the order is {_VERDICT}"
    return Slip("Q110", f.token.span, message, why=why, help=f"write `{spelled}`", mended=mended, sure=True)


def condition_behind(f: Failure) -> Slip | None:
    """`deny if C`: the condition behind what it decides."""
    start = max((i + 1 for i in range(f.index) if f.tokens[i].type == "COLON"), default=0)
    if f.token.type != "COND" or f.index == start or f.tokens[start].type in ("COND", "ELIF", "ELSE", "ON"):
        return None
    # the line is not read in that order: its words would stand where they do not
    turned = [*f.tokens[f.index :], *f.tokens[start : f.index]]
    help = f"write `{' '.join(_apart(turned))}`"
    return Slip("Q110", f.token.span, "the condition stands before what it decides", help=help)


def _apart(tokens: list[Token]) -> Iterator[str]:
    """The pieces of a line whose order has changed."""
    piece: list[Token] = []
    for token in tokens:
        if piece and (piece[-1].end_line, piece[-1].end_column) != (token.line, token.column):
            yield written(piece)
            piece = []
        piece.append(token)
    yield written(piece)


def hooks_in_a_row(f: Failure) -> Slip | None:
    """`on helo mail:` without a comma."""
    named = f.before is not None and f.before.type == "NAME" and f.token.type == "NAME"
    if not named or f.word != "on" or "COMMA" not in f.accepted:
        return None
    mended = f.replaced(like(f.token, "COMMA", ","), count=0)
    return Slip(
        "Q110", f.token.span, "a comma stands between two names of an `on` line", help=f"write `, {f.token.text}`", mended=mended
    )


def unquoted(f: Failure) -> Slip | None:
    """`deny msg`: a text without quotes."""
    verb = _verb(f)
    if verb is None or f.ended or f.token.type not in ("NAME", "NOT", "IN", "ON", "IF"):
        return None
    stop = next((i for i in range(f.index, len(f.tokens)) if f.tokens[i].type in ("UNKNOWN", "DISCONNECT")), len(f.tokens))
    if stop - f.index > 1 and f.tokens[stop - 1].type == "STRING":
        return None
    words = written(f.tokens[f.index : stop]).replace('"', "")
    text = like(f.token, "STRING", f'"{words}"', words)
    span = f.token.to(f.tokens[stop - 1])
    mended = f.replaced(text, count=stop - f.index)
    return Slip("Q110", span, "the text of a reply stands between quotes", help=f"write `{text.text}`", mended=mended)


def no_code(f: Failure) -> Slip | None:
    """`deny 650`: a number that is no reply code."""
    if _verb(f) is None or f.token.type not in ("NUMBER", "DURATION", "SIZE", "RATE"):
        return None
    message = f"`{f.token.text}` is no reply code"
    help = "reply codes have three digits and begin with 2, 4 or 5: `550`; enhanced ones look like `5.7.1`"
    return Slip("Q101", f.token.span, message, help=help, mended=f.replaced())


def _verb(f: Failure) -> int | None:
    """The verb whose parts reach up to the place, None when the place is not in a verdict."""
    index = f.index - 1
    while index >= 0:
        kind = f.tokens[index].type
        if kind == "VERB":
            return index
        named = kind == "NAME" and index > 0 and f.tokens[index - 1].type == "AT"
        if kind not in ORDER and not named:
            return None
        index -= 1
    return None


def _pieces(tokens: list[Token], start: int) -> tuple[list[list[Token]], int]:
    """The parts of a verdict from there on (`at HOOK` is one), and where they end."""
    pieces: list[list[Token]] = []
    index = start
    while index < len(tokens) and tokens[index].type in ORDER:
        size = 2 if tokens[index].type == "AT" else 1
        pieces.append(tokens[index : index + size])
        index += size
    return pieces, index
