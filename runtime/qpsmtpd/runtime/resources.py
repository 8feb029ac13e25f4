"""Where the shipped rule files are: the checkout's rules/ in a source tree, else the package's data."""

from collections.abc import Iterator, Mapping
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
    """The text of every shipped rules file, by name: `headers.q`, `standard/mx.q`."""
    return dict(_rules_in(rules_dir(), ""))


def _rules_in(folder: Traversable, above: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.name.endswith(".q"):
            yield above + entry.name, entry.read_text("utf-8")
        elif entry.is_dir():
            yield from _rules_in(entry, f"{above}{entry.name}/")
