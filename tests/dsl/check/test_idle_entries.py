"""Q612: entries of lists in the rules that add nothing; and keys of maps that stand there twice."""

from __future__ import annotations

import pytest

from checked_rules import checked

NETWORKS = "let l: list[network] = [{}]\non connect: if ip in l deny"
DOMAINS = "let l: list[domain] = [{}]\non mail: if domain and domain in l deny"
ADDRESSES = "let l: list[address] = [{}]\non mail: if sender in l deny"
TEXTS = "let l = [{}]\non mail: if helo in l deny"
NUMBERS = "let l = [{}]\non mail: if score in l deny"


@pytest.mark.parametrize(
    ("rules", "entries", "message"),
    [
        (NETWORKS, '"10.1.0.0/16", "10.0.0.0/8"', '"10.1.0.0/16" is already covered by "10.0.0.0/8"'),
        (NETWORKS, '"192.0.2.1", "192.0.2.0/24"', '"192.0.2.1" is already covered by "192.0.2.0/24"'),
        (NETWORKS, '"2001:db8::/32", "2001:db8:1::/48"', '"2001:db8:1::/48" is already covered by "2001:db8::/32"'),
        (NETWORKS, '"192.0.2.1", "192.0.2.1/32"', '"192.0.2.1" is in this list twice'),
        (DOMAINS, '"a.example.org", ".example.org"', '"a.example.org" is already covered by ".example.org"'),
        (DOMAINS, '".b.example.org", ".org"', '".b.example.org" is already covered by ".org"'),
        (DOMAINS, '"Example.ORG", "example.org"', '"example.org" is in this list twice'),
        (ADDRESSES, '"jo@example.org", "@example.org"', '"jo@example.org" is already covered by "@example.org"'),
        (ADDRESSES, '"jo@a.example.org", "@.example.org"', '"jo@a.example.org" is already covered by "@.example.org"'),
        (ADDRESSES, '"@a.example.org", "@.example.org"', '"@a.example.org" is already covered by "@.example.org"'),
        (ADDRESSES, '"Jo@example.org", "jo@example.org"', '"jo@example.org" is in this list twice'),
        (TEXTS, '"a", "b", "a"', '"a" is in this list twice'),
        (NUMBERS, "1, 2, 1", "this entry is in this list twice"),
    ],
)
def test_an_entry_that_another_one_has_is_found_once(rules, entries, message):
    outcome = checked(rules.format(entries))
    assert [(f.code, f.message) for f in outcome.found] == [("Q612", message)]


@pytest.mark.parametrize(
    ("rules", "entries"),
    [
        (NETWORKS, '"10.0.0.0/9", "10.128.0.0/9", "::/0"'),
        (DOMAINS, '"example.org", ".example.org", "notexample.org"'),
        (ADDRESSES, '"jo@example.org", "@example.net", "@.example.org", <>'),
        (TEXTS, '"a", "A"'),
    ],
)
def test_entries_that_have_nothing_in_common_are_none(rules, entries):
    assert checked(rules.format(entries)).codes == []


def test_the_entry_that_has_the_other_one_is_shown():
    (finding,) = checked(NETWORKS.format('"10.1.0.0/16", "10.0.0.0/8"')).found
    assert [note.span.column for note in finding.notes] == [40]


def test_a_list_in_a_define_that_several_hooks_use_is_told_once():
    rules = 'define bad() = helo in ["a", "a"]\non helo: if bad() deny\non mail: if bad() deny'
    assert checked(rules).codes == ["Q612"]


def test_a_key_of_a_map_has_one_value():
    outcome = checked('let m = { "a": 1, "a": 2 }\non mail: if (m["a"] ?? 0) > 1 deny')
    assert [(f.code, f.column) for f in outcome.found] == [("Q206", 19)]
