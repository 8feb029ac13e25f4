"""Q630: a measured rate is compared with a limit of a longer time than it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qpsmtpd.dsl.check import typed as x
from qpsmtpd.dsl.check.flow import blocks_with, calls, expressions, parts, statements
from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.manual.written import written
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Parameter
from qpsmtpd.dsl.model.values import Rate


def look(rules: x.TypedRules, findings: Findings) -> None:
    """An error for each such comparison: it would be true too seldom, or never."""
    told = set()
    comparing = blocks_with(rules, lambda statement: any(_limits(statement)))
    blocks = (block for listener in rules.listeners for each in listener.hooks.values() for block in each)
    for block in {id(block): block for block in blocks if id(block) in comparing}.values():
        bound = {s.key: s.value for s in statements(block.body) if isinstance(s, x.Bind)}
        for statement in statements(block.body):
            for limit, measured in _limits(statement):
                if limit.span not in told and _forgets(measured, limit.value.seconds, bound, limit, findings):
                    told.add(limit.span)


def _limits(statement: x.Stmt) -> Iterator[tuple[x.Const, x.Expr]]:
    """The comparisons of a statement with rates that are known, each with what is compared."""
    for expression in expressions(statement):
        for part in parts(expression):
            for one, other in ((part.left, part.right), (part.right, part.left)) if isinstance(part, x.Compare) else ():
                if isinstance(one, x.Const) and isinstance(one.value, Rate):
                    yield one, other


def _forgets(measured: x.Expr, seconds: float, bound: Mapping[str, x.Expr], limit: x.Const, findings: Findings) -> bool:
    for call in calls(measured, bound):
        for parameter, argument in zip(call.function.parameters, call.arguments, strict=True):
            if parameter.remembers and isinstance(argument, x.Const) and argument.value < seconds:
                _report(call, parameter, argument.value, limit, findings)
                return True
    return False


def _report(call: x.FunctionCall, parameter: Parameter, kept: float, limit: x.Const, findings: Findings) -> None:
    name, wanted = call.function.name, written(limit.value.seconds, t.DURATION)
    findings.add(
        "Q630",
        limit.span,
        f"this limit is for {wanted}, and `{name}` remembers {written(kept, t.DURATION)}",
        why="what was longer ago is forgotten and cannot count, so the limit would be reached too seldom or never",
        help=f"let it remember longer, as in `{name}(…, {parameter.name} = {wanted})`",
    )
