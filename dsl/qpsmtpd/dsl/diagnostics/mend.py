"""Makes the fixes of findings, checks again, and goes on until none is left.

What is mended may show more, so it takes rounds. A round after which the text is understood less well than before is
not kept. Knows no disk: it gets the files' octets and gives new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from qpsmtpd.dsl.diagnostics.findings import Finding, Findings
from qpsmtpd.dsl.diagnostics.fix import Edit, chosen, described, edited

ROUNDS = 20
"""A line can have some mistakes that are found only one after the other; more rounds than this are a mistake of ours."""

_MARK = "\ufeff"
_NOT_OF_THE_TEXT = frozenset({"Q108", "Q111"})
"""Codes of Q1xx that a line may have which is understood."""


@dataclass(slots=True)
class Mended:
    """What came of it: the new octets of each file that changed, each finding that was mended with the words for its fix,
    and the findings that are left."""

    findings: Findings
    contents: dict[str, bytes] = field(default_factory=dict)
    done: list[tuple[Finding, str]] = field(default_factory=list)


def mend(check: Callable[[Mapping[str, bytes]], Findings], read: Callable[[str], bytes]) -> Mended:
    """Mends what can be mended. `check` gets the octets to take in place of those of the disk; `read` is the disk."""
    mended = Mended(check({}))
    for _ in range(ROUNDS):
        todo = [finding for finding in mended.findings.sorted() if finding.fix is not None]
        contents = dict(mended.contents)
        made = _round(todo, contents, read)
        if not made:
            break
        after = check(contents)
        if _not_understood(after) > _not_understood(mended.findings):
            break
        sources = mended.findings.sources
        mended.done += [(f, described(f.fix, sources.get(f.file, ()))) for f in made if f.fix is not None]
        mended.findings, mended.contents = after, contents
    return mended


def _round(todo: Sequence[Finding], contents: dict[str, bytes], read: Callable[[str], bytes]) -> list[Finding]:
    """Makes the fixes that can be made at once; returns their findings."""
    texts = {
        name: text for name in _files(todo) if (text := _text(contents[name] if name in contents else read(name))) is not None
    }
    possible = [f for f in todo if f.fix is not None and all(edit.span.file in texts for edit in f.fix.edits)]
    fixes = chosen(f.fix for f in possible if f.fix is not None)
    edits: dict[str, list[Edit]] = {}
    for edit in (edit for fix in fixes for edit in fix.edits):
        edits.setdefault(edit.span.file, []).append(edit)
    for name, each in edits.items():
        mark = _MARK if texts[name].startswith(_MARK) else ""
        contents[name] = (mark + edited(texts[name].removeprefix(_MARK), each)).encode()
    made = {id(fix) for fix in fixes}
    return [f for f in possible if id(f.fix) in made]


def _files(todo: Sequence[Finding]) -> list[str]:
    return sorted({edit.span.file for finding in todo if finding.fix is not None for edit in finding.fix.edits})


def _text(octets: bytes) -> str | None:
    """The text of a file; None for one that is not UTF-8, whose other octets a fix would not leave as they are."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _not_understood(findings: Findings) -> int:
    return sum(finding.code.startswith("Q1") and finding.code not in _NOT_OF_THE_TEXT for finding in findings.sorted())
