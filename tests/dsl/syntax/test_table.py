"""The kept parse table is the grammar's."""

from __future__ import annotations

from importlib.resources import files

from qpsmtpd.dsl.syntax import build_expressions, build_statements, build_top
from qpsmtpd.dsl.syntax.table import Reduction, made, table, text
from qpsmtpd.dsl.syntax.tokens import KEYWORDS, SIGNS

FOLDER = files("qpsmtpd.dsl.syntax")


def test_the_kept_table_is_what_the_grammar_gives() -> None:
    kept = (FOLDER / "table.json").read_text("utf-8")
    assert kept == text(made((FOLDER / "grammar.lark").read_text("utf-8")))


def test_every_rule_of_the_grammar_has_its_builder_and_every_builder_its_rule() -> None:
    rules = {action.name for row in table().states for action in row.values() if isinstance(action, Reduction)}
    built = {*build_expressions.EXPRESSIONS, *build_statements.STATEMENTS, *build_top.TOP, "start"}
    assert rules - {None} == built


def test_every_word_and_sign_is_a_terminal_of_the_grammar() -> None:
    terminals = {name for row in table().states for name in row}
    assert {*KEYWORDS.values(), *SIGNS.values()} <= terminals
