"""A shipped policy has a page, from the tree of its file."""

from __future__ import annotations

from qpsmtpd.dsl.manual import as_markdown
from qpsmtpd.dsl.manual.policies import policies

FILES = {
    "headers.q": """\
policy headers(
    require: list[text] = ["From", "Date"],
    past: duration = 15d,
    reject: verb = deny at rcpt,
):
    \"\"\"Refuse messages without the header fields that RFC 5322 requires.

    A field that is empty does not count.

    Arguments:
        require: the fields that must be there
        past: how old a message may be
        reject: what is done with others

    Examples:
        apply headers(past = 30d)
    \"\"\"
    on data_post:
        unless has_headers(require) reject 5.6.0 "Missing header field"
    on connect, mail: pass
""",
    "bare.q": "let x = 1\npolicy bare(a):\n    on rcpt: pass\n",
    "other.q": "policy hidden():\n    on rcpt: pass\n",
    "none.q": 'on queue: maildir("Maildir")\n',
}

PAGE = """\
# headers

*policy*

`headers(require: list[text] = ["From", "Date"], past: duration = 15d, reject: verb = deny at rcpt)`

Refuse messages without the header fields that RFC 5322 requires.

A field that is empty does not count.

| parameter | type | default | meaning |
| --- | --- | --- | --- |
| `require` | `list[text]` | `["From", "Date"]` | the fields that must be there |
| `past` | `duration` | `15d` | how old a message may be |
| `reject` | `verb` | `deny at rcpt` | what is done with others |

Has rules in `data_post`, `connect`, `mail`; stands in `rules/headers.q`.

```q fragment
apply headers(past = 30d)
```
"""


def test_a_policy_is_told_by_its_parameters_its_text_and_its_hooks():
    assert as_markdown.page(policies(FILES).pages[1]) == PAGE


def test_each_file_has_the_policy_of_its_own_name_in_order_of_names():
    chapter = policies(FILES)
    assert [(page.name, page.summary) for page in chapter.pages] == [
        ("bare", ""),
        ("headers", "Refuse messages without the header fields that RFC 5322 requires."),
    ]
    assert "| [`headers`](#headers) | Refuse messages" in as_markdown.overview(chapter)


def test_a_policy_without_text_and_types_is_told_all_the_same():
    page = as_markdown.page(policies(FILES).pages[0])
    assert "`bare(a)`" in page and "| `a` |" in page
    assert "apply" not in page.partition("\n\n")[2], "its parameter must be given, and nobody says what"


def test_files_without_policies_are_told_of_in_a_sentence():
    assert "This version ships none." in as_markdown.overview(policies({}))
