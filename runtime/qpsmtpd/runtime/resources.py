"""Where the shipped rule files are: the checkout's rules/ in a source tree, else the package's data."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


def rules_dir() -> Traversable:
    """The folder with quickstart.q and the shipped policies."""
    if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "rules").is_dir():
        return _ROOT / "rules"
    return files("qpsmtpd.rules")


def shipped_rules() -> Mapping[str, str]:
    """The text of every shipped rules file, by name."""
    return {file.name: file.read_text("utf-8") for file in rules_dir().iterdir() if file.name.endswith(".q")}
