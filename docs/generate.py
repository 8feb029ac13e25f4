"""Writes the reference pages of the manual: what the program itself prints of its functions, hooks, settings and so on.

    python docs/generate.py            writes docs/reference/*.md

What is in them is decided by qpsmtpd.dsl.manual.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qpsmtpd.dsl.manual.as_markdown import chapter_file
from qpsmtpd.dsl.manual.chapters import chapters
from qpsmtpd.runtime.resources import shipped_rules
from qpsmtpd.stdlib import catalogue

_FOLDER = Path(__file__).resolve().parent / "reference"
_NOTICE = "Printed by docs/generate.py; do not edit."


def pages() -> Mapping[str, str]:
    """Each file of the reference by name, and its text."""
    return {f"{chapter.name}.md": chapter_file(chapter, _NOTICE) for chapter in chapters(catalogue(), shipped_rules())}


def main() -> None:
    _FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (_FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
