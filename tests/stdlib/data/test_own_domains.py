"""Q704: public suffixes in a list of one's own domains."""

from __future__ import annotations

import pytest

from qpsmtpd.stdlib.data.own_domains import read_own
from qpsmtpd.stdlib.data.public_suffixes import is_public_suffix


def codes(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    read_own(text, lambda line, code, *_: found.append((line, code)))
    return found


@pytest.mark.parametrize("entry", ["co.uk", ".co.uk", "CO.UK.", ".com.au", "foo.ck", "個人.香港", ".xn--gmqw5a.xn--j6w193g"])
def test_a_public_suffix_is_found_at_its_line(entry):
    assert codes(f"# ours\nexample.org\n{entry}\n") == [(3, "Q704")]


@pytest.mark.parametrize("entry", ["example.co.uk", ".example.co.uk", "www.ck", "example.org", "github.io", "localhost"])
def test_a_domain_that_somebody_can_have_is_none(entry):
    assert codes(f"{entry}\n") == []


def test_a_line_that_is_no_domain_is_told_once():
    assert codes("uk\n.uk\nhttp://co.uk\na@co.uk\n") == [(1, "Q702"), (2, "Q702"), (3, "Q702"), (4, "Q702")]


def test_the_list_is_read_as_any_list_of_domains():
    found = read_own("example.org\n.example.net\n", lambda *_: None)
    assert "example.org" in found
    assert "a.example.net" in found


def test_a_name_that_is_no_a_label_is_no_suffix():
    assert not is_public_suffix("xn--\u00e9.uk")
