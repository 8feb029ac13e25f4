"""Compiled rules stand where the rules stand: tracebacks name the rules file and its line, each file's own."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plain_meaning import finish
from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.typed import Block, Stmt
from qpsmtpd.dsl.emit.emit import emit, python_of
from qpsmtpd.dsl.model import types as t
from qpsmtpd.dsl.model.functions import Kind, OnError, function
from qpsmtpd.dsl.model.verdicts import Verb
from typed_words import Session, Transaction, block, call, compiled, const, decide, program, rules, span, when


@function(kind=Kind.PURE)
def broken(n: int) -> bool:
    """Breaks."""
    raise RuntimeError("broken")


@function(kind=Kind.LOOKUP, on_error=OnError.UNKNOWN, timeout=5.0)
async def listed(n: int) -> bool:
    """Is it on the list?"""
    return n > 1


def other(line: int, *body: Stmt, file: str = "site.q") -> Block:
    """A block that `use` brought from another file."""
    return Block(span(line, file=file), body)


def elsewhere(node: Any, file: str = "site.q") -> Any:
    return replace(node, span=replace(node.span, file=file))


def broken_at(file: str, line: int) -> Stmt:
    condition = elsewhere(call(broken, const(1, line=line), line=line), file)
    return elsewhere(when(condition, elsewhere(decide(Verb.DENY, line=line), file)), file)


def frames(hook: Any) -> list[tuple[str, int | None, str]]:
    """Where an exception went through: file, line, function."""
    with pytest.raises(RuntimeError) as caught:
        hook(Session(), Transaction())
    found = traceback.extract_tb(caught.value.__traceback__)
    return [(frame.filename, frame.lineno, frame.name) for frame in found[1:-1]]


def test_a_traceback_shows_the_line_of_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "rules.q"
    file.write_text("on rcpt:\n    # why\n    if broken(1) deny\n")
    hook = program("rcpt", Block(span(1, file=str(file)), (broken_at(str(file), 3),))).listeners[0].hooks["rcpt"]
    with pytest.raises(RuntimeError) as caught:
        hook(Session(), Transaction())
    text = "".join(traceback.format_exception(caught.value))
    assert f'File "{file}", line 3, in rcpt_at_mx\n    if broken(1) deny\n' in text


def test_each_operand_has_a_line_of_its_own() -> None:
    condition = typed.And(span(4), t.BOOL, const(True, t.BOOL, line=4), call(broken, const(1), line=5))
    assert frames(compiled("rcpt", when(condition, decide(Verb.DENY)))) == [("rules.q", 5, "rcpt_at_mx")]


def test_a_block_of_another_file_is_a_function_with_that_file_s_name() -> None:
    made = program("rcpt", block(typed.Log(span(2), "rules.q:2", const("a", t.TEXT))), other(7, broken_at("site.q", 8)))
    assert frames(made.listeners[0].hooks["rcpt"]) == [("rules.q", 2, "rcpt_at_mx"), ("site.q", 8, "rcpt_at_mx_2")]


def test_blocks_of_several_files_run_in_their_order_until_one_decides() -> None:
    log = [typed.Log(span(n), f"r:{n}", const(str(n), t.TEXT)) for n in range(5)]
    asks = when(call(listed, const(2)), elsewhere(decide(Verb.DENY, line=3)))
    made = program("rcpt", block(log[0]), other(1, log[1]), block(log[2]), other(3, log[3], asks), block(log[4]))
    session = Session()

    async def ask(site: object, key: object, question: Any) -> object:
        return await question()

    session.ask = ask  # type: ignore[method-assign,assignment]
    verdict = finish(made.listeners[0].hooks["rcpt"](session, Transaction()))
    assert (verdict.verb, verdict.rule) == (Verb.DENY, "rules.q:3")
    assert [record["text"] for record in session.journal.kept] == ["0", "1", "2", "3"]


def test_what_a_define_of_another_file_says_stands_at_the_statement_that_uses_it() -> None:
    condition = elsewhere(call(broken, const(1), line=40), "defines.q")
    assert frames(compiled("rcpt", when(condition, decide(Verb.DENY)))) == [("rules.q", 40, "rcpt_at_mx")]


def test_listeners_with_the_same_rules_share_one_function() -> None:
    one, two = block(when(const(True, t.BOOL), decide(Verb.DENY))), block(decide(Verb.ACCEPT))
    written = rules({"mx": {"rcpt": (one,)}, "submission": {"rcpt": (one,), "mail": (two,)}})
    mx, submission = (listener.hooks for listener in emit(written).listeners)
    assert mx["rcpt"] is submission["rcpt"]
    assert set(submission) == {"rcpt", "mail"}
    assert python_of(written).count("def ") == 2


def test_a_hook_without_blocks_is_absent() -> None:
    assert emit(rules({"mx": {"rcpt": ()}})).listeners[0].hooks == {}
