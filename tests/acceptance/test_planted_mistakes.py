"""Ten mistakes in one file, as an operator would meet them: all told in one run, each with its place and its remedy."""

import json
from pathlib import Path

from running_service import command

RULES = Path(__file__).parents[1] / "dsl" / "check" / "ten_mistakes.q"
CODES = ["Q204", "Q402", "Q301", "Q403", "Q203", "Q303", "Q201", "Q102", "Q202", "Q401"]


def planted(folder: Path) -> Path:
    (folder / "rcpthosts").write_text("example.org\n")
    rules = folder / "rules.q"
    rules.write_text(RULES.read_text("utf-8"))
    return rules


def test_all_ten_are_told_in_one_run_with_caret_and_remedy(tmp_path: Path) -> None:
    done = command("check", planted(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    findings = done.stdout.split("\n\n")
    assert [f.partition("error[")[2][:4] for f in findings[:-1]] == CODES
    assert all("\n       |" in f and "^" in f and "\n     help: " in f for f in findings[:-1])
    assert findings[-1].strip() == "10 errors, no warnings"


def test_as_json_each_has_its_place_and_help(tmp_path: Path) -> None:
    done = command("check", "--format", "json", planted(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    findings = json.loads(done.stdout)
    assert [f["code"] for f in findings] == CODES
    for finding in findings:
        assert finding["severity"] == "error"
        assert finding["file"] == str(tmp_path / "rules.q")
        assert 1 <= finding["line"] <= finding["end_line"]
        assert finding["message"]
        assert finding["help"]


def test_serve_refuses_them_too(tmp_path: Path) -> None:
    done = command("serve", planted(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert "10 errors" in done.stderr
    assert not (tmp_path / "state").exists()
