"""With rules at every hook: wherever the segments of a dialogue end, and whether rules wait or not, everybody sees the same."""

from __future__ import annotations

import asyncio
from itertools import chain, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from qpsmtpd.dsl.model.hooks import HOOKS
from qpsmtpd.dsl.model.settings import ServerSettings
from qpsmtpd.dsl.model.verdicts import Verb, verdict
from smtp_dialogue import DEFER, DENY, DISCARD, Talk, ours, pieces

_ASIDE = verdict(Verb.QUARANTINE, "q", 250, "2.0.0", "Ok", place="spam")
_REPLY = verdict(Verb.REPLY, "r", 250, "2.0.0", "As you like")
_BYE = verdict(Verb.DEFER, "b", 421, "4.7.0", "Go", disconnect=True)
_BY_WORD = {"deny": DENY, "defer": DEFER, "discard": DISCARD, "aside": _ASIDE, "reply": _REPLY, "bye": _BYE}
_HOOKS = [hook for hook in HOOKS if hook not in ("auth", "queue")]
_WITH_MESSAGE = ("data_headers_end", "data_post", "queue_pre", "queue")
_OBSERVING = [name for name, hook in HOOKS.items() if hook.final == "observe only"]

_COMMANDS = st.sampled_from(
    [b"NOOP", b"NOOP deny", b"NOOP bye", b"VRFY reply", b"HELP", b"XFOO", b"XFOO reply", b"EXPN defer", b"RSET", b"FOO \0"]
    + [b"MAIL FROM:<a@b.example>", b"MAIL FROM:<deny@b.example>", b"RCPT TO:<b@example.org>", b"RCPT TO:<c@example.org>"]
    + [b"RCPT TO:<x@nowhere.example>", b"RCPT TO:<discard@example.org>", b"MAIL FROM:<keep@b.example>", b"x" * 2100]
)
_HEADERS = st.sampled_from(
    [b"Subject: x", b"Subject: deny", b"Subject: discard", b"Subject: aside", b"Subject: bye", b"no field"]
)
_MESSAGES = st.tuples(_HEADERS, st.sampled_from([b"", b"\r\ntext\r\n..\r\n\r\nmore", b"\r\nbare\rCR", b"\r\nlast: deny"])).map(
    lambda parts: parts[0] + b"\r\n" + parts[1] + b"\r\n.\r\n"
)
_MAILS = _MESSAGES.map(lambda m: [b"MAIL FROM:<a@b.example>\r\nRCPT TO:<b@example.org>\r\n", b"DATA\r\n", m])
_STEPS = st.lists(st.one_of(_COMMANDS.map(lambda line: [line + b"\r\n"]), _MAILS), max_size=6).map(
    lambda steps: [*chain.from_iterable(steps)]
)
"""What may be sent in one go: nothing follows DATA before its answer."""


def _word(hook, s, t):
    """The word of the client by which the rules of a hook decide."""
    if hook in ("noop", "vrfy", "help", "quit", "unrecognized_command"):
        return s.argument
    if hook == "mail":
        return t.sender.local
    if hook == "rcpt":
        return t.recipient.local
    return t.message.header.subject if hook == "data_headers_end" else ""


class _Rules:
    """Rules at every hook, which write down what they see; they wait when they are told to."""

    def __init__(self, *, wait):
        self.seen = []
        self.hooks = {hook: self._later(hook) if wait else self._at_once(hook) for hook in _HOOKS}

    def _at_once(self, hook):
        return lambda s, t: self._run(hook, s, t)

    def _later(self, hook):
        async def run(s, t):
            await asyncio.sleep(0)
            return self._run(hook, s, t)

        return run

    def _run(self, hook, s, t):
        said = None if s.verdict is None else (s.verdict.hook, s.verdict.verb, s.verdict.rule)
        self.seen.append((hook, s.score, s.symbols, s.pending, s.vars.count, None if t is None else t.number, said))
        s.score += 1
        s.symbols = (*s.symbols, hook)
        s.vars.count += 1
        if hook == "mail" and t.sender.local == "keep":
            s.keep_for("rcpt", DENY)
        kept = s.enforced("rcpt") if hook == "rcpt" else None
        return kept or _BY_WORD.get(_word(hook, s, t)) or (ours(s, t) if hook == "rcpt" else None)


async def _played(steps, cuts, *, wait):
    rules = _Rules(wait=wait)
    limits = ServerSettings(max_commands_without_mail=4, max_errors=6)
    talk = Talk(limits, connection_vars={"count": 0}, **rules.hooks)
    said = talk.greeting + await talk.settle()
    for step in (b"EHLO x\r\n", *steps, b"QUIT\r\n"):
        for piece in pieces(step, cuts):
            said += talk.send(piece) + await talk.settle()
    talk.machine.lost()
    await talk.settle()
    records = [{name: value for name, value in r.items() if name not in ("session", "traceback")} for r in talk.journal.all]
    return said, rules.seen, records, talk.delivered.contents, talk.put_aside.kept


@settings(deadline=None)
@given(_STEPS, st.lists(st.integers(0, 3000), max_size=6))
def test_the_same_dialogue_has_the_same_answers_events_and_records(steps, cuts):
    whole = asyncio.run(_played(steps, (), wait=False))
    assert asyncio.run(_played(steps, cuts, wait=False)) == whole
    assert asyncio.run(_played(steps, cuts, wait=True)) == whole


@settings(deadline=None)
@given(_STEPS)
def test_what_was_refused_or_accepted_is_seen_by_those_who_look_on_and_by_nobody_else(steps):
    _, seen, records, _, _ = asyncio.run(_played(steps, (), wait=False))
    verdicts = [said for hook, *_, said in seen if hook in ("denied", "accepted")]
    assert all(said is not None for said in verdicts)
    assert all(said is None for hook, *_, said in seen if hook not in ("denied", "accepted"))
    refused = [(r["hook"], r["verdict"]) for r in records if r["event"] == "refused"]
    assert [said[:2] for said in verdicts if said[1] in ("deny", "defer") and said[0] not in _WITH_MESSAGE] == refused
    begun = [event for event in seen if event[0] == "mail"]
    assert len([event for event in seen if event[0] == "reset_transaction"]) == len(begun)
    assert [event[0] for event in seen].count("disconnect") == 1
    for (hook, score, symbols, *_), (_, after, more, *_) in pairwise(seen):
        assert hook not in _OBSERVING or (after, more) != (score + 1, (*symbols, hook))
