"""Where a running service keeps its state folder, as the commands that talk to it are told on their command line.

The rules are read as far as they can be understood: it is when they are wrong that one wants to ask the service.
"""

from __future__ import annotations

from pathlib import Path

from qpsmtpd.runtime.service.cannot import Cannot

QUICK_START_FOLDER = "qpsmtpd-data"
"""Where the quick start keeps everything, in the current folder."""


def state_folder(rules: Path | None, state_dir: Path | None) -> Path:
    """The folder given, or the one that the rules name, or that of the quick start. Raises Cannot."""
    if state_dir is not None:
        return state_dir
    if rules is None:
        return Path.cwd() / QUICK_START_FOLDER / "state"
    return _named_by(rules.absolute())


def _named_by(rules: Path) -> Path:
    from qpsmtpd.dsl.check.check import check
    from qpsmtpd.dsl.diagnostics.findings import Findings
    from qpsmtpd.runtime.service.rules import content
    from qpsmtpd.stdlib import catalogue

    try:
        content(rules)
    except OSError as error:
        raise Cannot(f"cannot read {rules}: {error.strerror}; --state-dir names the service without it") from error
    known = check(
        str(rules),
        catalogue=catalogue(),
        read=lambda name: content(Path(name)),
        findings=Findings(),
        folder=str(rules.parent),
    )
    if known is None:
        raise Cannot(f"{rules} cannot be understood; say where the service is with --state-dir")
    return Path(known.server.state_dir)
