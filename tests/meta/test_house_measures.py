"""The measures of the house: how long, how deep, and which words do not occur."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from meta.checkout import ROOT, shown, sources, suite

_LONGEST_MODULE = 450
_USUAL_MODULE = 120
_LONGEST_FUNCTION = 50
_DEEPEST = 4
_POSITIONAL = 3
_NO_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "base", "manager"}
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, _FUNCTIONS))


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def _named(path: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return f"{shown(path)}:{function.lineno} {function.name}"


def _depth(node: ast.AST, above: int = 0) -> int:
    """How many blocks stand inside one another; an `elif` stands beside its `if`, a function inside starts anew."""
    deepest = above
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
                continue
            chained = name == "orelse" and isinstance(node, ast.If) and isinstance(child, ast.If)
            inner = above + (isinstance(child, _BLOCKS) and not chained)
            deepest = max(deepest, _depth(child, inner))
    return deepest


def test_no_module_is_longer_than_450_lines():
    assert {shown(p): n for p in (*sources(), *suite()) if (n := _lines(p)) > _LONGEST_MODULE} == {}


def test_the_usual_module_has_at_most_120_lines():
    assert statistics.median(_lines(p) for p in sources() if _lines(p) > 1) <= _USUAL_MODULE


def test_no_function_is_longer_than_50_lines():
    long = [_named(p, f) for p in sources() for f in _functions(p) if (f.end_lineno or 0) - f.lineno >= _LONGEST_FUNCTION]
    assert long == []


def test_no_function_nests_deeper_than_four_blocks():
    assert [_named(p, f) for p in sources() for f in _functions(p) if _depth(f) > _DEEPEST] == []


def test_no_module_is_named_after_a_drawer():
    assert [shown(p) for p in (*sources(), *suite()) if p.stem in _NO_NAMES] == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"])
def test_nothing_is_left_for_later(word):
    pattern = re.compile(rf"\b{word}\b")
    assert [shown(p) for p in (*sources(), *suite()) if pattern.search(p.read_text("utf-8"))] == []


def test_no_test_is_skipped_or_expected_to_fail():
    pattern = re.compile(r"\b(?:pytest\.|mark\.|unittest\.)(?:skip|skipif|xfail|importorskip)\b")
    assert [shown(p) for p in suite() if p.parent != ROOT / "tests" / "bench" and pattern.search(p.read_text("utf-8"))] == []


def test_every_module_of_the_product_says_what_it_is_for():
    silent = [shown(p) for p in sources() if _lines(p) and not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []


@pytest.mark.parametrize("path", sources(), ids=shown)
def test_no_pattern_repeats_a_group_possessively(path):
    """`(...)*+` matches wrongly in the `re` of Python 3.11.2, which Debian 12 has; `x*+` of a single character does not."""
    constants = (node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
    texts = (c if isinstance(c, str) else c.decode("latin-1") for c in constants if isinstance(c, str | bytes))
    assert [text for text in texts if re.search(r"\)(?:[*+?]|\{\d+,\d*\})\+(?![+\s\"])", text)] == []
