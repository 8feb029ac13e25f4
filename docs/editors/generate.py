"""Writes the editor files whose word lists are the language's own: the TextMate grammar and the Vim syntax.

    python docs/editors/generate.py [FOLDER]      writes them below docs/editors, or below FOLDER

Which words there are is decided by words.py, how they are shown by textmate.py and vim.py.
"""

from __future__ import annotations

import json
import plistlib
import sys
from collections.abc import Mapping
from pathlib import Path

from textmate import grammar
from vim import syntax
from words import Words, words

_HERE = Path(__file__).resolve().parent


def files(of: Words) -> Mapping[str, str]:
    """Each generated file by its path below the folder, and its text."""
    made = grammar(of)
    return {
        "vscode/syntaxes/qpsmtpd.tmLanguage.json": json.dumps(made, indent=2) + "\n",
        "sublime/qpsmtpd.tmLanguage": plistlib.dumps(made, sort_keys=False).decode("utf-8"),
        "vim/syntax/qpsmtpd.vim": syntax(of),
    }


def main(folder: Path) -> None:
    for name, text in files(words()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else _HERE)
