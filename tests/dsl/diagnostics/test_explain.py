"""The page of a code, for a terminal and for tests."""

from __future__ import annotations

from qpsmtpd.dsl.diagnostics.codes import codes
from qpsmtpd.dsl.diagnostics.explain import explain, listing, nearest
from qpsmtpd.dsl.diagnostics.pages import examples, sections

PAGE = """# Q999 error: A title

## What

What it is.

```file rcpthosts
example.org
```

## Avoid

```q
bad
```

## Prefer

Some words, then

```q
good
  more
```
"""


def test_a_page_is_printed_without_its_markup() -> None:
    page = explain("Q102")
    assert page is not None
    assert page.startswith("Q102 error: A bracket is never closed\n\nWHAT\n\n")
    assert "```" not in page
    assert "\n    let greedy: list[network] = [\n" in page


def test_a_code_may_be_written_in_any_case_and_without_its_letter() -> None:
    assert explain("q102") == explain("102") == explain("[Q102]") == explain("Q102")


def test_an_unknown_code_has_no_page_and_perhaps_a_neighbour() -> None:
    assert explain("Q999") is None
    assert nearest("Q1O2") == "Q102"
    assert nearest("greylisting") is None


def test_every_code_can_be_explained() -> None:
    for name, code in codes().items():
        page = explain(name)
        assert page is not None
        assert page.startswith(f"{name} {code.severity}: {code.title}\n")


def test_the_list_of_codes_has_a_line_for_each() -> None:
    lines = listing().splitlines()
    assert [line[:4] for line in lines] == [*codes()]
    assert "Q501  error    These rules relay for strangers" in lines


def test_the_examples_of_a_page_are_its_files_and_both_rules() -> None:
    found = examples(PAGE)
    assert (found.files, found.avoid, found.prefer) == ({"rcpthosts": "example.org\n"}, "bad\n", "good\n  more\n")
    assert list(sections(PAGE)) == ["What", "Avoid", "Prefer"]


def test_a_page_may_be_without_examples() -> None:
    found = examples("# Q901 error: Ours\n\n## What\n\nWords.\n")
    assert (found.files, found.avoid, found.prefer) == ({}, "", "")
