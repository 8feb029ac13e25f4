"""The files of a rules file: `use`, data files, own paths, settings that are paths, and the digest of all."""

from __future__ import annotations

import pytest

from checked_rules import checked
from qpsmtpd.dsl.model.values import DomainSet, NetworkSet


def test_a_used_file_stands_where_it_is_named():
    outcome = checked('on mail: deny "1"\nuse "sub/b.q"\non mail: deny "3"', {"sub/b.q": 'on mail: deny "2"'})
    assert outcome.codes == [], outcome.told
    assert [block.body[0].text for block in outcome.blocks("mail")] == ["1", "2", "3"]
    assert outcome.blocks("mail")[1].body[0].rule == "sub/b.q:1"


def test_a_file_used_twice_stands_there_once():
    outcome = checked('use "b.q"\nuse "c.q"', {"b.q": "on mail: deny", "c.q": 'use "b.q"'})
    assert outcome.codes == []
    assert len(outcome.blocks("mail")) == 1


def test_names_lead_from_the_file_that_names_them():
    outcome = checked('use "sub/b.q"', {"sub/b.q": 'use "c.q"', "sub/c.q": "on mail: deny"})
    assert outcome.codes == []
    assert outcome.read == ["rules.q", "sub/b.q", "sub/c.q"]


def test_a_missing_file_is_found_where_it_is_named():
    (finding,) = checked('\nuse "b.q"').found
    assert (finding.code, finding.line) == ("Q120", 2)
    assert "no such file" in finding.message


def test_a_cycle_shows_its_chain():
    (finding,) = checked('use "b.q"', {"b.q": 'use "c.q"', "c.q": 'use "b.q"'}).found
    assert finding.code == "Q121"
    assert "b.q → c.q → b.q" in finding.message


def test_without_the_main_file_there_are_no_rules():
    from checked_rules import LIBRARY
    from qpsmtpd.dsl.check.check import check
    from qpsmtpd.dsl.diagnostics.findings import Findings

    def read(name: str) -> bytes:
        raise PermissionError(13, "Permission denied", name)

    findings = Findings()
    assert check("rules.q", catalogue=LIBRARY, read=read, findings=findings, folder="/etc/q") is None
    assert [f.code for f in findings.sorted()] == ["Q120"]


def test_a_data_file_is_read_once_and_is_a_constant():
    outcome = checked('let own = networks("relayclients")\non mail: if ip in networks("relayclients") or ip in own deny')
    (choose,) = outcome.body("mail")
    assert isinstance(choose.condition.left.collection.value, NetworkSet)
    assert choose.condition.left.collection.source == 'networks("relayclients")'
    assert choose.condition.right.collection.source == "own"
    assert outcome.read == ["rules.q", "relayclients"]


def test_a_customary_file_is_read_without_being_named():
    outcome = checked("on rcpt: unless rcpthosts(domain) deny")
    call = outcome.body("rcpt")[0].condition.operand
    assert isinstance(call.arguments[1].value, DomainSet)
    assert "x.example.org" in call.arguments[1].value


def test_a_data_file_is_looked_for_beside_its_file_then_beside_the_main_one():
    rules = "on rcpt: unless rcpthosts(domain) deny"
    beside = checked('use "sub/b.q"', {"sub/b.q": rules, "sub/rcpthosts": "x.org"})
    assert beside.read[-1] == "sub/rcpthosts"
    assert checked('use "sub/b.q"', {"sub/b.q": rules}).read[-2:] == ["sub/rcpthosts", "rcpthosts"]


def test_config_dir_is_the_only_place_of_data_files_when_it_is_set():
    rules = 'server:\n    config_dir = "lists"\non rcpt: unless rcpthosts(domain) deny'
    assert checked(rules, {"/etc/q/lists/rcpthosts": "x.org"}).read == ["rules.q", "/etc/q/lists/rcpthosts"]
    assert checked(rules).codes == ["Q701"]


def test_a_missing_data_file_is_found_at_its_name():
    (finding,) = checked('on connect: if ip in networks("offices") deny').found
    assert (finding.code, finding.column) == ("Q701", 31)


def test_a_fault_in_a_data_file_is_found_at_its_line():
    found = checked("on rcpt: unless rcpthosts(domain) deny", {"rcpthosts": "a.org\nb org\n"}).found
    assert [(f.code, f.file, f.line, f.end_column) for f in found] == [("Q702", "rcpthosts", 2, 6)]


def test_the_lines_of_a_data_file_are_counted_as_its_reader_counts_them():
    outcome = checked("on rcpt: unless rcpthosts(domain) deny", {"rcpthosts": "a.org\x0c\n\u2028\nb org   \nc.org\n"})
    assert [(f.line, f.end_column) for f in outcome.found] == [(3, 9)]


def test_a_data_file_that_is_not_text_is_a_finding():
    found = checked("on rcpt: unless rcpthosts(domain) deny", {"rcpthosts": b"a.org\n\xff\n"}).found
    assert [(f.code, f.line) for f in found] == [("Q702", 2)]


@pytest.mark.parametrize(
    ("written", "path"), [("Maildir", "/etc/q/sub/Maildir"), ("/var/mail", "/var/mail"), ("../M", "/etc/q/M")]
)
def test_a_path_of_our_own_leads_from_the_file_that_names_it(written, path):
    outcome = checked('use "sub/b.q"', {"sub/b.q": f'on queue: maildir("{written}")'})
    assert outcome.body("queue")[0].call.arguments[0].value == path


def test_the_digest_names_all_files():
    plain = checked("on rcpt: unless rcpthosts(domain) deny").rules.digest
    assert len(plain) == 12
    assert plain == checked("on rcpt: unless rcpthosts(domain) deny").rules.digest
    assert plain != checked("on rcpt: unless rcpthosts(domain) deny", {"rcpthosts": "other.org"}).rules.digest
    assert plain != checked("on rcpt: unless  rcpthosts(domain) deny").rules.digest


def test_a_line_that_is_not_utf_8_is_told_once():
    outcome = checked('let n = networks("relayclients")', {"relayclients": b"10.0.0.0/8\n"})
    assert outcome.codes == ["Q602"]
    outcome = checked("on rcpt: unless rcpthosts(domain) deny", {"rcpthosts": b"good.example\nb\xfc x.example\n"})
    assert [(f.file, f.line, f.code) for f in outcome.found] == [("rcpthosts", 2, "Q702")]


def test_of_very_many_faulty_lines_the_first_are_told_and_the_rest_counted():
    outcome = checked("on rcpt: unless rcpthosts(domain) deny", {"rcpthosts": "a b\n" * 1000})
    assert len(outcome.found) == 51
    assert outcome.found[-1].line == 51
    assert outcome.found[-1].message == "950 more lines of this file from here on are wrong in the same way"
