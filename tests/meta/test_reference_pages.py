"""The reference pages of the manual are what the program's registries print."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from meta.checkout import ROOT


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["functions.md", "hooks.md", "settings.md", "codes.md"])
def test_the_committed_page_is_what_the_registry_prints(name):
    committed = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert committed == _generator().PAGES[name](), "run: python docs/generate.py"


def test_every_reference_page_is_printed():
    assert {path.name for path in (ROOT / "docs" / "reference").glob("*.md")} == set(_generator().PAGES)
