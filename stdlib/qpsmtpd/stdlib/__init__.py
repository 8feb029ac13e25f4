"""The library's catalogue: every function that rules may call, found by walking the package.

There is no list to keep: a module's functions are those declared in it with `@function`. Modules with functions stand
right in the folders of the library; folders below these have the workings of functions, and are loaded when they work.
This file knows no function by name.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from types import MappingProxyType, ModuleType

from qpsmtpd.dsl.model.functions import Catalogue, Function


@functools.cache
def catalogue() -> Catalogue:
    """The functions of the shipped library, by name. Raises ValueError when two share a name."""
    return gather(importlib.import_module(name) for name in _modules())


def _modules() -> Iterator[str]:
    for folder in pkgutil.iter_modules(__path__, f"{__name__}."):
        inside = importlib.import_module(folder.name).__path__
        yield from (module.name for module in pkgutil.iter_modules(inside, f"{folder.name}.") if not module.ispkg)


def gather(modules: Iterable[ModuleType]) -> Catalogue:
    """The functions that these modules declare themselves, in order of their names. Raises ValueError when two share a name."""
    functions: dict[str, Function] = {}
    for module in modules:
        for declared in _declared_in(module):
            if declared.name in functions:
                raise ValueError(f"two functions are called {declared.name}; the second is in {module.__name__}")
            functions[declared.name] = declared
    return MappingProxyType(dict(sorted(functions.items())))


def _declared_in(module: ModuleType) -> list[Function]:
    marked = (getattr(value, "__qpsmtpd__", None) for value in vars(module).values())
    # a function imported from its own file is not declared here
    return [f for f in marked if isinstance(f, Function) and f.code.__module__ == module.__name__]
