"""A value in a path stays inside of its component, whatever a peer has put into it."""

from __future__ import annotations

import posixpath

from hypothesis import given
from hypothesis import strategies as st

from qpsmtpd.dsl.emit.path_component import LONGEST, component
from qpsmtpd.dsl.emit.texts import template

texts = st.text(st.characters(codec="utf-8") | st.sampled_from("./\0%-~ \n"), max_size=200)


@given(texts)
def test_a_value_leads_nowhere_and_fits(text):
    made = component(text)
    assert made.isascii()
    assert made.isprintable()
    assert not {"/", "\0", " ", "\\"} & set(made)
    assert 0 < len(made) <= LONGEST
    assert made[0] not in ".-~"
    assert posixpath.normpath(f"/a/{made}/b") == f"/a/{made}/b"


@given(texts, texts)
def test_two_values_are_never_one(one, other):
    assert (component(one) == component(other)) is (one == other)


@given(st.lists(texts, min_size=2, max_size=2))
def test_a_path_keeps_its_depth_and_its_folder(values):
    render = template("/var/mail/{{ v0 | component }}/x.{{ v1 | component }}", ("text", "text"))
    made = render(*values)
    assert posixpath.normpath(made) == made
    assert posixpath.dirname(posixpath.dirname(made)) == "/var/mail"


def test_plain_words_stay_as_they_are():
    assert component("example.org") == "example.org"
    assert component("Ann+lists@example.org") == "Ann+lists@example.org"
    assert component("../../etc/passwd") == "%2E.%2F..%2Fetc%2Fpasswd"
    assert component("-rf") == "%2Drf"
    assert component("") == "%empty"
    assert component("müll") == "m%C3%BCll"


def test_values_of_every_type_are_written_as_in_texts():
    render = template("/m/{{ v0 | component }}/{{ v1 | component }}", ("number", "list[text]"))
    assert render(2.0, ("a/b", "c")) == "/m/2/a%2Fb%2C%20c"
