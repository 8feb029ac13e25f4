"""Laws over the library: each function says what it means, shows where it stands, and is found by the file it lives in."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Mapping
from pathlib import Path

import pytest

from qpsmtpd.dsl.model.functions import Function, Kind, function
from qpsmtpd.dsl.model.hooks import HOOKS, ORDER
from qpsmtpd.stdlib import catalogue, gather

FUNCTIONS: Mapping[str, Function] = catalogue()

each_function = pytest.mark.parametrize("name", FUNCTIONS)


def section(name: str, title: str) -> str:
    """The indented text below `Title:` in a function's docstring."""
    found = re.search(rf"^{title}:\n((?:    .*\n|\n)+)", FUNCTIONS[name].doc + "\n", re.MULTILINE)
    return found[1] if found else ""


@each_function
def test_a_function_says_first_what_it_means(name: str) -> None:
    assert re.fullmatch(r"[A-Z].{15,118}\.", FUNCTIONS[name].summary)


@each_function
def test_a_function_shows_itself_in_a_complete_block_of_rules(name: str) -> None:
    example = section(name, "Examples")
    hook = re.search(r"^    on (\w+)(?: at \w+)?(?: (?:if|unless) .*)?:", example, re.MULTILINE)
    assert hook is not None
    assert hook[1] in HOOKS
    assert re.search(rf"\b{name}\b", example)


@each_function
def test_a_function_lives_in_a_file_of_its_name(name: str) -> None:
    assert Path(inspect.getfile(FUNCTIONS[name].code)).stem == name


@each_function
def test_a_function_may_be_called_at_some_hook(name: str) -> None:
    declared = FUNCTIONS[name]
    assert ORDER.index(declared.since) <= ORDER.index(declared.until)


@each_function
def test_only_what_can_fail_has_a_failure_policy(name: str) -> None:
    declared = FUNCTIONS[name]
    assert declared.asks is (declared.kind in (Kind.LOOKUP, Kind.GATE))


@each_function
def test_the_sample_of_a_data_file_is_free_of_faults(name: str) -> None:
    faults: list[tuple[int, str, str]] = []
    for parameter in FUNCTIONS[name].parameters:
        if parameter.file:
            assert len(parameter.file.read(parameter.file.sample, lambda *fault: faults.append(fault))) > 0
    assert faults == []


def a_module(name: str, function_name: str) -> types.ModuleType:
    def code() -> bool:
        """Is only declared."""
        return True

    code.__name__, code.__module__ = function_name, name
    module = types.ModuleType(name)
    module.declared = function(kind=Kind.PURE)(code)  # type: ignore[attr-defined]
    return module


def test_two_functions_of_one_name_are_an_error_that_names_the_second_file() -> None:
    with pytest.raises(ValueError, match="two functions are called same; the second is in b"):
        gather([a_module("a", "same"), a_module("b", "same")])


def test_a_function_that_a_module_only_imports_is_not_its_own() -> None:
    home = a_module("a", "one")
    guest = types.ModuleType("b")
    guest.one = home.declared  # type: ignore[attr-defined]
    assert list(gather([home, guest])) == ["one"]
