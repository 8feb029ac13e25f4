"""Every function of the library has its page, examples that hold, and a test file of its name."""

from __future__ import annotations

import inspect
import re

import pytest

from meta.checkout import ROOT, shown
from meta.rules_text import FILES, codes, compiled, completed, examples_of, told
from qpsmtpd.dsl.manual.functions import file_name
from qpsmtpd.dsl.model.functions import Kind
from qpsmtpd.stdlib import catalogue

_FUNCTIONS = [pytest.param(function, id=name) for name, function in catalogue().items()]


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_a_function_says_what_it_means_in_one_sentence(function):
    assert function.summary.endswith(".")
    assert len(function.summary) <= 120


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_each_parameter_of_a_function_is_explained(function):
    explained = re.findall(r"^[ \t]+(\w+): ", function.doc.partition("Arguments:")[2].partition("Examples:")[0], re.MULTILINE)
    assert explained == [parameter.name for parameter in function.parameters]


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_the_examples_of_a_function_check_without_errors(function):
    examples = examples_of(function.doc)
    assert f"{function.name}(" in examples
    files = dict(FILES)
    for parameter in function.parameters:
        if parameter.file is not None:
            files[file_name(parameter, function)] = parameter.file.sample
    outcome = compiled(completed(examples), files)
    assert codes(outcome, "error", "warning") == [], told(outcome)


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_a_function_has_a_test_file_of_its_name(function):
    source = inspect.getsourcefile(function.code)
    assert source is not None
    folder = shown(ROOT.joinpath(source).parent).removeprefix("stdlib/qpsmtpd/")
    wanted = {ROOT / "tests" / folder / f"test_{name}.py" for name in (function.name, inspect.getmodulename(source))}
    assert any(path.exists() for path in wanted), f"none of {sorted(shown(path) for path in wanted)}"


@pytest.mark.parametrize("function", _FUNCTIONS)
def test_what_asks_the_outside_world_has_a_deadline_and_a_failure_policy(function):
    if function.kind is Kind.LOOKUP:
        assert function.timeout and function.asks
    assert function.services or function.kind in (Kind.PURE, Kind.GATE, Kind.LOOKUP)
