"""Where the shipped rule files are: the checkout's rules/ in a source tree, else the folder beside this package."""

from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).resolve()
_ROOT = _HERE.parents[3]


def rules_dir() -> Path:
    """The folder with quickstart.q and the shipped policies."""
    if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "rules").is_dir():
        return _ROOT / "rules"
    return _HERE.parents[1] / "rules"


def shipped_rules() -> Mapping[str, str]:
    """The text of every shipped rules file, by name: `headers.q`, `standard/mx.q`."""
    folder = rules_dir()
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.q"))}
