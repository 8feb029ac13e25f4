"""Thirty mistakes, one of each kind, in the rules of a site that were clean: each is told once, and nothing besides.

To write the golden file again after a change of words: `python tests/acceptance/test_thirty_mistakes.py`, with the source
folders and `tests` on the path; then read it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from running_service import command

SITE = Path(__file__).parent / "thirty_mistakes"
GOLDEN = SITE / "findings.txt"


@dataclass(frozen=True)
class Mistake:
    """A slip of somebody who writes `wrong` where it should be `right`, and the code of what is told then."""

    code: str
    right: str
    wrong: str
    file: str = "rules.q"


MISTAKES = (
    Mistake("Q619", '"/var/spool/qpsmtpd"\n', '"/tmp/qpsmtpd"\n'),
    Mistake("Q204", "max_size ", "max_sise "),
    Mistake("Q403", "= 2m", "= 120"),
    Mistake("Q409", '["0.0.0.0:587", "[::]:587"]', '["0.0.0.0:587", "0.0.0.0:25"]'),
    Mistake("Q102", '["abuse", "postmaster"]', '["abuse", "postmaster"'),
    Mistake("Q612", '"bob@example.org",', '"bob@example.org", "carol@lists.example.org",'),
    Mistake("Q401", "refused_at = 12", 'refused_at = "12"'),
    Mistake("Q201", "bounce() = sender", "bounce() = sendr"),
    Mistake("Q110", "helo.literal and", "helo.literal &&"),
    Mistake("Q402", "(dsl|dyn|pool)[.-]", "(dsl|dyn|pool[.-]"),
    Mistake("Q209", "and header.age >", "and header.aeg >"),
    Mistake("Q302", "        trusted = true\n\non connect", "        accept\n\non connect"),
    Mistake("Q303", "defer 4.7.0", "defer 5.7.0"),
    Mistake("Q308", "deny at rcpt", "deny at helo"),
    Mistake("Q301", "unless rdns score", 'unless rdns or helo == "localhost" score'),
    Mistake("Q214", "apply names(", "apply nmaes("),
    Mistake("Q502", "        trusted = true\n        skip", "        relay = true\n        skip"),
    Mistake("Q207", "{{ sender.domain }}", "{{ sender.domain | uper }}"),
    Mistake("Q412", "case softfail:", "case softfial:"),
    Mistake("Q101", "on auth at submission:", "on auth at submission"),
    Mistake("Q202", "rcpthosts(domain)", "rcpthost(domain)"),
    Mistake("Q304", '"We do not relay"', '"5.7.1 We do not relay"'),
    Mistake("Q615", "@kept", "@roles"),
    Mistake("Q103", '"No such user"', '"No such user'),
    Mistake("Q203", "on rcpt at submission", "on recpt at submission"),
    Mistake("Q405", "header.subject and header.subject matches", "header.subject matches"),
    Mistake("Q205", "on data_post at mx unless", "on data_post at mxx unless"),
    Mistake("Q107", "20MB", "20mb"),
    Mistake("Q702", "192.0.2.0/24", "192.0.2.1/24", "relayclients"),
    Mistake("Q703", ".example.com", ".example.com\nmail.example.com", "partners"),
)


def site_with(folder: Path, *mistakes: Mistake) -> Path:
    """A copy of the site with these mistakes in it."""
    shutil.copytree(SITE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(GOLDEN.name, "__pycache__"))
    for mistake in mistakes:
        file = folder / mistake.file
        text = file.read_text("utf-8")
        assert mistake.right in text, mistake
        file.write_text(text.replace(mistake.right, mistake.wrong, 1), "utf-8")
    return folder


def told(folder: Path) -> tuple[int, str]:
    """What `qpsmtpd check` answers and prints, in that folder."""
    done = command("check", "rules.q", cwd=folder)
    assert done.stderr == ""
    return done.returncode, done.stdout


def codes(text: str) -> list[str]:
    return [line.partition("[")[2][:4] for line in text.splitlines() if ": error[Q" in line or ": warning[Q" in line]


def test_the_rules_of_the_site_are_clean_and_their_test_passes(tmp_path: Path) -> None:
    site = site_with(tmp_path)
    assert len((site / "rules.q").read_text("utf-8").splitlines()) >= 150
    assert told(site) == (0, "no errors, no warnings\n")
    assert command("test", "rules.q", cwd=site).returncode == 0


def test_thirty_mistakes_at_once_are_thirty_findings_that_read_well(tmp_path: Path) -> None:
    returncode, text = told(site_with(tmp_path, *MISTAKES))
    assert sorted(codes(text)) == sorted(mistake.code for mistake in MISTAKES)
    assert len({mistake.code for mistake in MISTAKES}) == len(MISTAKES) == 30
    assert (returncode, text) == (1, GOLDEN.read_text("utf-8"))


@pytest.mark.parametrize("mistake", [pytest.param(mistake, id=mistake.code) for mistake in MISTAKES])
def test_each_of_them_alone_is_one_finding(tmp_path: Path, mistake: Mistake) -> None:
    _, text = told(site_with(tmp_path, mistake))
    assert codes(text) == [mistake.code], text


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        GOLDEN.write_text(told(site_with(Path(made), *MISTAKES))[1], "utf-8")
