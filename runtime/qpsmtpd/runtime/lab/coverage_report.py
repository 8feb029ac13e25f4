"""Coverage for people and programs: what no test has come by, as text, as plain values, and in the form of lcov."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qpsmtpd.dsl.diagnostics.excerpt import excerpt, visible
from qpsmtpd.dsl.syntax.tree import Span
from qpsmtpd.runtime.lab.coverage import MET, UNKNOWN, Coverage, Point

Sources = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Missing:
    """What no test has come by: a rule, or the branch of one."""

    span: Span
    rule: str
    branch: str
    message: str


def missing(coverage: Coverage, file: str) -> Iterator[Missing]:
    """What is to be told of a file; what follows from something told is left out."""
    for point in coverage.files[file]:
        if point.hits == 0:
            if not point.follows:
                yield Missing(point.span, point.rule, "", "no test comes here")
            continue
        for branch, hits in point.branches.items():
            if hits == 0:
                yield Missing(point.cases.get(branch, point.span), point.rule, branch, _words(branch, point))


def _words(branch: str, point: Point) -> str:
    if branch == UNKNOWN:
        return f"in no test {f'`{point.asked[0]}` fails' if point.asked else 'is this unknown'}"
    if MET in point.branches:
        return "no test meets this condition" if branch == MET else "every test meets this condition"
    return "no test comes to this case" if branch in point.cases else "no test comes to its `else`"


def text_of(coverage: Coverage, sources: Sources) -> str:
    """For people; ends with a newline."""
    lines: list[str] = []
    for file in coverage.files:
        reached, rules, taken, branches = coverage.counts(file)
        lines.append(f"coverage of {visible(file)}: {reached} of {rules} rules, {taken} of {branches} branches")
        for each in missing(coverage, file):
            lines += ["", f"{visible(file)}:{each.span.line}: {visible(each.message)}", *_source(each.span, sources)]
        lines.append("")
    return "\n".join(lines)


def _source(span: Span, sources: Sources) -> Iterator[str]:
    shown = excerpt(span, sources.get(span.file, ()))
    if shown is not None:
        yield f"{shown[0]:>6} | {shown[1]}".rstrip()


def data_of(coverage: Coverage) -> dict[str, Any]:
    """For programs, as plain values."""
    return {**_counted(coverage.totals()), "files": [_file(coverage, file) for file in coverage.files]}


def _counted(counts: tuple[int, int, int, int]) -> dict[str, Any]:
    reached, rules, taken, branches = counts
    return {"rules": {"reached": reached, "total": rules}, "branches": {"taken": taken, "total": branches}}


def _file(coverage: Coverage, file: str) -> dict[str, Any]:
    told = [
        {"line": m.span.line, "column": m.span.column, "rule": m.rule, "branch": m.branch, "message": m.message}
        for m in missing(coverage, file)
    ]
    return {"file": file, **_counted(coverage.counts(file)), "missing": told}


def lcov_of(coverage: Coverage) -> str:
    """A tracefile of lcov (geninfo(1)): lines are those on which a rule begins, branches those of each rule."""
    records = []
    for file, points in coverage.files.items():
        branches = [line for block, point in enumerate(p for p in points if p.branches) for line in _branches(point, block)]
        lines = _lines(points)
        _, _, taken, total = coverage.counts(file)
        hit = sum(hits > 0 for hits in lines.values())
        records += ["TN:", f"SF:{posixpath.abspath(file)}", *branches, f"BRF:{total}", f"BRH:{taken}"]
        records += [f"DA:{line},{hits}" for line, hits in lines.items()]
        records += [f"LF:{len(lines)}", f"LH:{hit}", "end_of_record"]
    return "".join(f"{record}\n" for record in records)


def _branches(point: Point, block: int) -> Iterator[str]:
    for number, hits in enumerate(point.branches.values()):
        yield f"BRDA:{point.span.line},{block},{number},{hits if point.hits else '-'}"


def _lines(points: Sequence[Point]) -> dict[int, int]:
    found: dict[int, int] = {}
    for point in points:
        found[point.span.line] = max(found.get(point.span.line, 0), point.hits)
    return dict(sorted(found.items()))
