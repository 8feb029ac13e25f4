"""What the language has and this version does not run: one finding a construct, and nothing behind it."""

from __future__ import annotations

import pytest

from checked_rules import checked

_ONE = [
    'use "conf.d/*.q"',
    'use "local.py"',
    "use standard/mx",
    "server:\n    workers = 4",
    "listener mx:\n    tls = required",
    "var n = 3 per connection",
    "policy p(reject: verb = deny):\n    on mail: reject",
    "apply p(reject = defer)",
    "require rcpthosts before queue",
    'test "x":\n    helo "a"',
    "on vrfy: deny",
    "on auth: accept",
    "shadow on mail: denyy",
    "on mail:\n    shadow deny",
    "on mail:\n    match ip:\n        case pass: deny",
    "on mail: if trusted deny unknown defer",
    "on connect: deny at rcpt",
    'on data_post: quarantine "x"',
    "on mail: score += 2 as FOO",
    "on mail: if user deny",
    "on mail: if rdns deny",
    'on data_post: if header.all("x") deny',
]


@pytest.mark.parametrize("text", _ONE)
def test_what_does_not_run_yet_is_one_finding_that_says_so(text):
    outcome = checked(text)
    assert outcome.codes == ["Q108"], outcome.told
    assert "not supported yet" in outcome.found[0].message
