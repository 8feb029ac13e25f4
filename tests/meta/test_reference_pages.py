"""The reference pages of the manual are what the program prints."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from meta.checkout import ROOT

_FOLDER = ROOT / "docs" / "reference"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_PAGES = _generator().pages()


@pytest.mark.parametrize("name", _PAGES)
def test_the_committed_page_is_what_the_program_prints(name):
    assert (_FOLDER / name).read_text("utf-8") == _PAGES[name], "run: python docs/generate.py"


def test_every_reference_page_is_printed():
    assert {path.name for path in _FOLDER.glob("*.md")} == set(_PAGES)
