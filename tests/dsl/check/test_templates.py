"""Templates: what may stand in them, and that the text around them stays text."""

from __future__ import annotations

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checked_rules import checked
from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.templates import protected


def _template(text: str, hook: str = "mail") -> typed.Template:
    outcome = checked(f'on {hook}: log("{text}")')
    assert outcome.codes == [], outcome.told
    (log,) = outcome.body(hook)
    return log.message


def _rendered(text: str, *values: object) -> str:
    made = _template(text)
    return jinja2.Environment().from_string(made.source).render({f"v{i}": v for i, v in enumerate(values)})


def test_values_are_put_where_their_names_stand():
    assert (
        _rendered("{{ ip }} says {{helo | upper}}, {{ helo | truncate(4) }}", "192.0.2.1", "mail", "abcdefgh")
        == "192.0.2.1 says MAIL, a..."
    )


def test_text_around_the_values_is_never_read_as_a_template():
    assert _rendered("{% if x %} {# {{ ip }} #} }} { {%", 1) == "{% if x %} {# 1 #} }} { {%"


@given(st.text(st.sampled_from("{}%#-+ \\'\"abn\n")))
def test_protected_text_comes_out_as_it_was(text):
    assert jinja2.Environment().from_string(protected(text)).render() == text


def test_a_default_makes_an_absent_value_usable():
    made = _template("{{ sender.domain | default('nobody') | upper }}")
    (value,) = made.values
    assert isinstance(value, typed.Default)
    assert value.otherwise.value == "nobody"
    assert made.source == "{{ v0 | upper }}"


def test_lists_can_be_joined_counted_and_written():
    assert _template("{{ recipients | join(', ') }} {{ recipients | length }} {{ recipients }}", "rcpt").source == (
        "{{ v0 | join(', ') }} {{ v1 | length }} {{ v2 }}"
    )


def test_a_text_without_values_is_a_constant():
    (log,) = checked('on mail: log("hello {%")').body("mail")
    assert log.message.value == "hello {%"


_ONE = [
    ("{{ hello }}", "Q201"),
    ("{{ recipient }}", "Q301"),
    ("{{ helo | uper }}", "Q207"),
    ("{{ helo.domain }}", "Q405"),
    ("{{ helo.domain | upper }}", "Q405"),
    ("{{ ip", "Q406"),
    ("{{ }}", "Q406"),
    ("{{ score + 1 }}", "Q406"),
    ("{{ networks() }}", "Q406"),
    ("{{ ip | upper }}", "Q406"),
    ("{{ helo | join }}", "Q406"),
    ("{{ helo | truncate }}", "Q406"),
    ("{{ helo | upper | default('x') }}", "Q406"),
    ("{{ params }}", "Q406"),
    ("{{ sender.domian }}", "Q209"),
]


@pytest.mark.parametrize(("text", "code"), _ONE)
def test_what_a_template_cannot_do_is_one_finding(text, code):
    for rules in (f'on mail: deny "{text}"', f'on mail: log("{text}")'):
        outcome = checked(rules)
        assert outcome.codes == [code], outcome.told


def test_a_finding_in_a_template_stands_at_its_braces():
    (finding,) = checked('on mail: deny "\\"a\\" {{ ip }} {{ hello }}"').found
    assert (finding.line, finding.column, finding.end_column) == (1, 31, 42)


def test_a_parameter_that_is_a_template_takes_one_and_others_do_not():
    assert checked('on data_post: add_header("X-Helo", "{{ helo }} {{ ip }}")').codes == []
    assert checked('on data_post: add_header("X-{{ helo }}", "x")').codes == ["Q407"]


def test_a_text_value_for_a_template_is_filled_in_not_read():
    outcome = checked('on data_post: add_header("X-Helo", helo)')
    (do,) = outcome.body("data_post")
    assert do.call.arguments[1].source == "{{ v0 }}"
