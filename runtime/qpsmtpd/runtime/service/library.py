"""What rules on this machine can use besides their own text: shipped and installed functions, Python files, shipped policies.

Packages bring functions by the entry point `qpsmtpd.functions`, which names a module.
"""

from __future__ import annotations

import functools
import glob
import hashlib
import sys
import traceback
from importlib.metadata import entry_points
from types import ModuleType

from qpsmtpd.dsl.check.surroundings import Surroundings, Unloadable
from qpsmtpd.dsl.model.functions import Catalogue
from qpsmtpd.runtime.resources import rules_dir
from qpsmtpd.runtime.service.cannot import Cannot
from qpsmtpd.stdlib import catalogue, gather

_GROUP = "qpsmtpd.functions"


@functools.cache
def library() -> Catalogue:
    """The shipped functions and those of installed packages. Raises Cannot when a package's cannot be loaded."""
    found = dict(catalogue())
    for entry in sorted(entry_points(group=_GROUP)):
        try:
            more = gather([entry.load()])
        except Exception as error:
            raise Cannot(f"the functions of {entry.value} cannot be loaded: {error}") from error
        taken = sorted(more.keys() & found.keys())
        if taken:
            raise Cannot(f"{entry.value} declares {taken[0]}, and there is a function of that name already")
        found.update(more)
    return found


def surroundings() -> Surroundings:
    """Folders as they are on this machine."""
    return Surroundings(matching=_matching, functions=own_functions, shipped=str(rules_dir()))


def _matching(pattern: str) -> list[str]:
    return glob.glob(pattern)  # noqa: PTH207 - the pattern is a whole path


def own_functions(path: str, source: bytes) -> Catalogue:
    """The functions that a Python file declares. Raises Unloadable."""
    name = f"qpsmtpd_own_{hashlib.sha256(path.encode() + source).hexdigest()[:16]}"
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module  # a dataclass looks its module up while it is made
    try:
        exec(compile(source, path, "exec"), vars(module))  # noqa: S102 - the operator's own code, named in the rules
        found = gather([module])
    except SyntaxError as error:
        raise Unloadable(f"line {error.lineno}: {error.msg}") from None
    except Exception as error:  # noqa: BLE001 - the operator's code may raise anything
        line = next((f.lineno for f in reversed(traceback.extract_tb(error.__traceback__)) if f.filename == path), None)
        raise Unloadable(f"line {line}: {type(error).__name__}: {error}") from None
    if not found:
        raise Unloadable("it declares no function with `@function`")
    return found
