from __future__ import annotations

import errno
import getpass

import pytest

from library_doubles import address
from qpsmtpd.dsl.model.functions import OnError
from qpsmtpd.dsl.model.values import NULL_SENDER
from qpsmtpd.stdlib import catalogue
from qpsmtpd.stdlib.data import aliases as alias_files
from qpsmtpd.stdlib.data import users as user_files
from qpsmtpd.stdlib.recipient.local_user import local_user
from qpsmtpd.stdlib.recipient.passwd_users import is_user, look_up
from rules_in_the_lab import TO_US, passes

_NOBODY = "no-such-user-of-tests"


def _users(text: str):
    return user_files.read(text, lambda *fault: pytest.fail(str(fault)))


def _aliases(text: str):
    return alias_files.read(text, lambda *fault: pytest.fail(str(fault)))


@pytest.mark.parametrize(
    ("recipient", "known"),
    [
        ("ann@example.org", True),
        ("ANN@example.com", True),
        ("bob@example.org", True),
        ("bob@example.com", False),
        ("anybody@lists.example.org", True),
        ("anybody@b.lists.example.org", False),
        ("ann+x@example.org", False),
        ("carl@example.org", False),
    ],
)
async def test_users_are_a_list_of_local_parts_addresses_and_domains(recipient: str, known: bool) -> None:
    users = _users("ann\nBob@Example.org\n@lists.example.org\n")
    assert await local_user(address(recipient), users=users, passwd=False) is known


async def test_aliases_are_users_whatever_they_stand_for() -> None:
    aliases = _aliases('postmaster: root\nstaff: ann,\n  bob\n"j doe": |/bin/cat\n')
    for local in ("Postmaster", "staff", "j doe"):
        assert await local_user(address(f"{local}@example.org"), aliases=aliases, passwd=False)
    assert not await local_user(address("ann@example.org"), aliases=aliases, passwd=False)


async def test_passwd_says_whether_users_of_the_system_count() -> None:
    me = getpass.getuser()
    assert await local_user(address(f"{me}@example.org"))
    assert await local_user(address(f"{me.upper()}@example.org"))
    assert not await local_user(address(f"{me}@example.org"), passwd=False)
    assert not await local_user(address(f"{_NOBODY}@example.org"))


@pytest.mark.parametrize(
    ("extension", "local", "known"),
    [
        ("+", "ann+lists", True),
        ("+", "ann+", True),
        ("+", "ann", True),
        ("+", "+ann", False),
        ("+", "ann-lists", False),
        ("-", "ann-lists-x", True),
        ("+", "c++", True),
        ("", "ann+lists", False),
    ],
)
async def test_extension_is_what_a_local_part_may_have_behind_its_name(extension: str, local: str, known: bool) -> None:
    users = _users("ann\nc++\n")
    assert await local_user(address(f"{local}@example.org"), users=users, passwd=False, extension=extension) is known


async def test_an_extension_is_not_asked_about_where_the_whole_name_exists() -> None:
    me = getpass.getuser()
    assert await local_user(address(f"{me}+x@example.org"), extension="+")


async def test_the_null_sender_is_nobody() -> None:
    assert not await local_user(NULL_SENDER)


@pytest.mark.parametrize("name", ["", "a\0b", "a:b", "a/b", "\n", "é", "x" * 5000])
async def test_odd_names_are_nobody(name: str) -> None:
    assert not await is_user(name)


def test_a_record_that_needs_more_memory_gets_it() -> None:
    assert look_up(b"ann", lambda name, size: (errno.ERANGE, False) if size < 100_000 else (0, True))


@pytest.mark.parametrize("error", [errno.EIO, errno.EMFILE, errno.ETIMEDOUT, errno.ERANGE, errno.EPERM])
def test_a_database_that_cannot_be_asked_is_no_answer(error: int) -> None:
    with pytest.raises(OSError, match="cannot be asked"):
        look_up(b"ann", lambda name, size: (error, False))


@pytest.mark.parametrize("error", [0, errno.ENOENT, errno.ESRCH])
def test_a_name_that_is_not_there_is_an_answer(error: int) -> None:
    assert not look_up(b"ann", lambda name, size: (error, False))


def test_on_error_is_to_put_mail_off_and_may_be_said_otherwise() -> None:
    assert catalogue()["local_user"].on_error is OnError.DEFER
    rules = 'on rcpt: unless local_user(recipient) deny 5.1.1 "No such user"'
    assert passes(rules, "given local_user() fails\n" + TO_US.rstrip() + " -> defer 451 4.4.3")
    other = rules.replace("(recipient)", "(recipient, on_error = unknown)")
    assert passes(other, "given local_user() fails\n" + TO_US.rstrip() + " -> accept")
    assert passes(rules, "given local_user() = false\n" + TO_US.rstrip() + ' -> deny 550 5.1.1 "No such user"')
