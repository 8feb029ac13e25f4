"""Reads `# q: allow Q602 -- why` and decides what such a comment may silence.

Warnings and notes may be silenced, those of Q5xx with a reason; of errors only those of Q6xx, because rules with the
others cannot run (Q1xx to Q4xx, Q7xx to Q9xx) or would harm others (Q5xx, itself an error: Q111). What is without
effect is found (Q606), so that nobody believes something to be silenced that is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from qpsmtpd.dsl.diagnostics.allow import Allow
from qpsmtpd.dsl.diagnostics.codes import Code, codes
from qpsmtpd.dsl.diagnostics.findings import NEVER_SILENT, UNUSED, Findings
from qpsmtpd.dsl.diagnostics.suggest import did_you_mean, suggestion
from qpsmtpd.dsl.syntax.comments import Comment
from qpsmtpd.dsl.syntax.tree import Span

HINT = "q:"
"""No file without this text has such a comment."""

_COMMENT = re.compile(r"#[ \t]*q:[ \t]*(?P<said>.*)")
_ALLOW = re.compile(r"allow[ \t]+(?P<codes>Q\d{3}(?:[ \t]*,[ \t]*Q\d{3})*)(?:[ \t]+--[ \t]*(?P<reason>.*))?", re.IGNORECASE)
_CODE = re.compile(r"Q\d{3}", re.IGNORECASE)
_FORM = "write `# q: allow Q602 -- why`, with the codes in question and your reason"


def read_allows(comments: Iterable[Comment], first: int, findings: Findings) -> None:
    """Enters what the comments of one file allow; the first statement of the file stands on line `first`."""
    known = list(comments)
    below = _below(known)
    for comment in known:
        lines = frozenset({comment.line, below.get(comment.line, comment.line)})
        head = comment.line < first or (comment.line == first and not comment.alone)
        for code, span, reason in _allowed(comment, findings):
            findings.allow(Allow(code, span, reason, lines, head))


def report_unused(findings: Findings) -> None:
    """Finds what silences nothing; only where all else is well, because an error keeps other things from being found."""
    if findings.errors:
        return
    for allow in findings.unused_allows():
        findings.add(
            UNUSED,
            allow.span,
            f"`allow {allow.code}` silences nothing here",
            why="it counts for its own line, and when it stands on a line of its own, for the line below",
            help="take it away, or move it to what it is meant for",
        )


def _below(comments: Sequence[Comment]) -> dict[int, int]:
    """For each comment that stands alone, the next line that is more than such a comment."""
    below: dict[int, int] = {}
    for line in sorted((comment.line for comment in comments if comment.alone), reverse=True):
        below[line] = below.get(line + 1, line + 1)
    return below


def _allowed(comment: Comment, findings: Findings) -> Iterator[tuple[str, Span, str]]:
    """Each code that a comment may silence, its place in the comment, and the reason."""
    said = _COMMENT.fullmatch(comment.text)
    found = _ALLOW.fullmatch(said["said"]) if said else None
    if said and not found and _is_meant(said["said"]):
        whole = comment.part(0, len(comment.text))
        findings.add(UNUSED, whole, "this comment is not understood, and silences nothing", help=_FORM)
    if said and found:
        start = said.start("said") + found.start("codes")
        for written in _CODE.finditer(found["codes"]):
            name, reason = written[0].upper(), found["reason"] or ""
            span = comment.part(start + written.start(), start + written.end())
            if _may_be_silenced(name, span, reason, findings):
                yield name, span, reason


def _is_meant(said: str) -> bool:
    """True when words that are no allow were meant to be one."""
    word = said.split(maxsplit=1)[0] if said.strip() else ""
    return word == "allow" or did_you_mean(word, ["allow"]) is not None or _CODE.search(said) is not None


def _may_be_silenced(name: str, span: Span, reason: str, findings: Findings) -> bool:
    code = codes().get(name)
    if code is None:
        help = suggestion(name, codes()) or "`qpsmtpd explain` lists the codes"
        findings.add(UNUSED, span, f"there is no code {name}", help=help)
    elif name == UNUSED:
        findings.add(UNUSED, span, f"{name} cannot be silenced: it is about comments like this one", help="take it away")
    elif code.severity == "error" and not name.startswith("Q6"):
        _never(code, span, findings)
    elif name.startswith("Q5") and not reason:
        why = "findings of Q5xx are about safety; the next reader must learn why this one is well"
        findings.add(UNUSED, span, f"{name} is silenced only with a reason", why=why, help=f"write `# q: allow {name} -- why`")
    else:
        return True
    return False


def _never(code: Code, span: Span, findings: Findings) -> None:
    if code.name.startswith("Q5"):
        findings.add(
            NEVER_SILENT,
            span,
            f"no comment can silence {code.name}",
            why="an error of Q5xx protects others from what these rules would do, whatever their author means by it",
            help=f"mend the rules as `qpsmtpd explain {code.name}` says, and take this comment away",
        )
    else:
        why = f"rules with {code.name} ({code.title.lower()}) cannot run"
        findings.add(UNUSED, span, f"{code.name} cannot be silenced", why=why, help="mend what it says; take this comment away")
