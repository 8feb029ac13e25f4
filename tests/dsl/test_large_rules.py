"""However large or deep a rules file is: it is compiled, or what is too large is told; never a crash, never for ever."""

from __future__ import annotations

import time

import pytest

from rules_in_dialogue import DELIVERY, GATE, Served, compiled, told


@pytest.mark.parametrize("joint", [" and ", " or "])
def test_a_thousand_terms_are_compiled_and_asked_in_their_order(joint):
    terms = joint.join(["relay" if joint == " or " else "not relay"] * 999 + ["connections == 1"])
    talk = Served(f'on connect: if {terms} log("yes")')
    assert talk.logged == ["yes"]


def test_what_a_chain_of_conditions_tells_holds_in_its_later_terms():
    chain = " and ".join(["sender.domain", *['sender.domain != "x.example"'] * 100, 'sender.domain == "example.net"'])
    assert told(f"on mail: if {chain} deny\n{GATE}{DELIVERY}") == []


def _doubling(depth: int) -> str:
    links = [f"define d{i}() = d{i - 1}() and not d{i - 1}()\n" for i in range(1, depth)]
    return "define d0() = relay\n" + "".join(links) + f"on rcpt: if d{depth - 1}() deny\n" + GATE + DELIVERY


def _deep(depth: int) -> str:
    links = [f"define d{i}() = d{i - 1}() + {' + '.join(['score'] * 60)}\n" for i in range(1, depth)]
    return "define d0() = score\n" + "".join(links) + f"on rcpt: if d{depth - 1}() > 1 deny\n" + GATE + DELIVERY


def _handed_down(depth: int) -> str:
    links = [f"define d{i}(x) = d{i - 1}(x + x)\n" for i in range(1, depth)]
    return "define d0(x) = x + x\n" + "".join(links) + f"on rcpt: if d{depth - 1}(score) > 1 deny\n" + GATE + DELIVERY


@pytest.mark.parametrize("rules", [_doubling, _deep, _handed_down])
@pytest.mark.parametrize("depth", [40, 400])
def test_defines_that_grow_without_bound_are_one_finding(rules, depth):
    begun = time.process_time()
    assert told(rules(depth)) == ["Q213"]
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("depth", [40, 400])
def test_policies_that_apply_each_other_without_bound_are_one_finding(times, depth):
    chain = "".join(f"policy p{i}():\n" + f"    apply p{i - 1}()\n" * times for i in range(1, depth))
    begun = time.process_time()
    assert told(f"policy p0():\n    on rcpt: if relay deny\n{chain}apply p{depth - 1}()\n{GATE}{DELIVERY}end\n") == ["Q213"]
    assert time.process_time() - begun < 5


def test_of_many_ways_for_strangers_the_first_ten_are_told_in_time_that_grows_with_the_rules_only():
    begun = time.process_time()
    assert told("on rcpt: if sender.domain and rcpthosts(sender.domain) accept\n" * 100 + DELIVERY).count("Q505") == 10
    assert time.process_time() - begun < 5


def test_constants_that_need_each_other_in_a_long_chain_are_told():
    chain = "".join(f"let c{i} = c{i - 1} + 1\n" for i in range(60, 0, -1)) + "let c0 = 1\n"
    assert set(told(f"{chain}on connect: score += c60\n{GATE}{DELIVERY}")) == {"Q213"}
    forward = "let c0 = 1\n" + "".join(f"let c{i} = c{i - 1} + 1\n" for i in range(1, 3000))
    assert told(f"{forward}on connect: score += c2999\n{GATE}{DELIVERY}") == []


def test_rules_too_deep_for_this_machine_are_no_bug_of_ours(monkeypatch):
    def too_deep(*args: object, **named: object) -> None:
        raise RecursionError

    monkeypatch.setattr("qpsmtpd.dsl.compile.check", too_deep)
    made = compiled(GATE + DELIVERY)
    assert made.program is None
    assert [f.code for f in made.findings.sorted()] == ["Q213"]


def _listeners(number: int) -> str:
    return "".join(f'listener l{n}:\n    bind = "127.0.0.1:{3000 + n}"\n{GATE}{DELIVERY}' for n in range(number))


def test_more_than_fifty_listeners_are_one_finding():
    begun = time.process_time()
    assert told(_listeners(50)).count("Q213") == 0
    assert told(_listeners(60)).count("Q213") == 1
    assert time.process_time() - begun < 10


def test_the_same_rules_that_relay_are_told_on_each_listener():
    two = "".join(f'listener l{n}:\n    bind = "127.0.0.1:{3000 + n}"\n' for n in range(2))
    assert told(f"{two}on rcpt: if relay deny\n{DELIVERY}").count("Q501") == 2


def test_what_is_wrong_with_many_defines_that_nothing_uses_is_found_in_time_that_grows_with_their_number():
    chains = "".join(
        f"define a{n}() = unheard{n % 3}()\n"
        + "".join(f"define {b}{n}() = {a}{n}() or not {a}{n}()\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))
        for n in range(60)
    )
    begun = time.process_time()
    assert "Q202" in told(chains + GATE + DELIVERY)
    assert time.process_time() - begun < 5


def test_hundreds_of_attributes_in_a_template_are_more_than_it_can_do():
    assert told(f'on connect: log("{{{{ helo{".domain" * 500} }}}}")\n{GATE}{DELIVERY}') == ["Q406"]
