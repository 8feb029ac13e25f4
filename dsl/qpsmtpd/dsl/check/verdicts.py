"""Decides whether a verdict may stand in its hook, and completes it: code, enhanced code and text from the hook table."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import replace

from qpsmtpd.dsl.check import typed
from qpsmtpd.dsl.check.book import Scope
from qpsmtpd.dsl.check.templates import has_holes, template
from qpsmtpd.dsl.check.typed import Decide, Enforce, Expr
from qpsmtpd.dsl.check.wording import words
from qpsmtpd.dsl.diagnostics.fix import Edit, Fix, respelt
from qpsmtpd.dsl.diagnostics.suggest import did_you_mean, suggestion
from qpsmtpd.dsl.model.hooks import ENFORCING, HOOKS, ORDER, Default
from qpsmtpd.dsl.model.types import ERROR, TEXT
from qpsmtpd.dsl.model.verdicts import CLASS, Verb
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.tokens import STATEMENT_WORDS, VERBS
from qpsmtpd.dsl.syntax.tree import Literal

_GOODBYE = Default(421, "4.7.0", "Temporarily refused, closing the connection")
_PLACE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_MEANT = {
    **dict.fromkeys(("reject", "drop", "block", "refuse", "fail", "ban"), "deny"),
    **dict.fromkeys(("tempfail", "softfail", "denysoft", "greylist"), "defer"),
    **dict.fromkeys(("allow", "permit", "ok"), "accept"),
    **dict.fromkeys(("return", "exit", "stop", "break", "declined", "continue"), "skip"),
}
"""What the verdicts are called elsewhere."""

_SAME = frozenset({"reject", "tempfail"})
"""Those of them that mean there exactly what is meant by them here."""
_VERBS = {verb.value: verb for verb in Verb}


def decide(node: tree.Verdict, scope: Scope) -> Decide | Enforce | None:
    """The complete verdict; None for `pass`, which is nothing, and where no verdict can be told from what is written.

    A verdict with a wrong code or message is still a verdict, with those of the hook: what follows from it can be shown.
    """
    name = node.verb.text
    if name not in _VERBS and name not in scope.verbs:
        name = _unknown_verb(node, scope)
    if name in scope.verbs:
        return _of_parameter(node, scope.verbs[name], scope)
    if not name:
        return None
    verb = _VERBS[name]
    if verb in (Verb.SKIP, Verb.PASS, Verb.ENFORCE):
        return _plain(node, verb, scope)
    hook = _said_at(node, verb, scope)
    if hook and name not in HOOKS[hook].replies:
        _not_here(node, verb, scope)
        return None
    return _complete(node, verb, hook, scope) if hook else None


def _of_parameter(node: tree.Verdict, given: tree.Verdict, scope: Scope) -> Decide | Enforce | None:
    """A `verb` parameter of a policy, as its verdict: the class of the enhanced code follows, `pass` is nothing."""
    if node.code is not None:
        scope.findings.add(
            "Q312",
            node.code.span,
            f"`{node.verb.text}` can be `deny` or `defer`, so no reply code can stand behind it",
            why="a three-digit code would be of the wrong class for one of them",
            help="leave it out; the class of an enhanced code such as 5.7.1 follows the verdict",
        )
    enhanced, verb = node.enhanced, _VERBS.get(given.verb.text)
    if verb not in (Verb.DENY, Verb.DEFER, Verb.QUARANTINE):  # `pass` is nothing; where another is written, it has a finding
        return None
    if enhanced is not None:
        enhanced = replace(enhanced, raw=f"{CLASS[verb]}{enhanced.raw[1:]}") if verb is not Verb.QUARANTINE else None
    message = node.message if verb is not Verb.QUARANTINE else None
    named = replace(given.verb, span=node.verb.span)
    made = replace(
        node,
        verb=named,
        code=None,
        enhanced=enhanced,
        message=message,
        at=node.at or given.at,
        disconnect=node.disconnect or given.disconnect,
    )
    return decide(made, replace(scope, verbs={}))


def _said_at(node: tree.Verdict, verb: Verb, scope: Scope) -> str:
    """The hook in which the verdict is said: this one, or a later one; empty after a finding."""
    if node.at is None:
        return scope.hook
    later = HOOKS[scope.hook].later
    if verb in (Verb.DENY, Verb.DEFER) and node.at.text in later:
        return node.at.text
    if verb not in (Verb.DENY, Verb.DEFER):
        message = f"`{verb.value}` cannot be kept for a later hook"
        scope.findings.add("Q308", node.at.span, message, allowed="only `deny` and `defer` can", help=f"write `{verb.value}`")
    elif node.at.text == scope.hook:
        scope.findings.add("Q308", node.at.span, f"this is `{scope.hook}` already", help=f"write `{verb.value}` without `at`")
    else:
        _not_later(node.at, scope, later)
    return ""


def _not_later(at: tree.Name, scope: Scope, later: Sequence[str]) -> None:
    over = at.text in HOOKS and ORDER.index(at.text) < ORDER.index(scope.hook)
    what = f"`{at.text}` is over when `{scope.hook}` runs" if over else f"a verdict cannot be kept for `{at.text}`"
    allowed = f"from `{scope.hook}` one can be kept for {words(later)}" if later else f"from `{scope.hook}` none can be kept"
    scope.findings.add("Q308", at.span, what, allowed=allowed, help=suggestion(at.text, later) or "leave `at` out")


def _complete(node: tree.Verdict, verb: Verb, hook: str, scope: Scope) -> Decide:
    default = HOOKS[hook].replies[verb.value]
    if verb is Verb.DEFER and node.disconnect:
        default = _GOODBYE
    refuses = verb in (Verb.DENY, Verb.DEFER)
    fits = _class_fits(node, verb, scope)
    quarantine = _place_name(node, scope) if verb is Verb.QUARANTINE else ""
    message = _message(node, node.message, scope) if node.message and verb is not Verb.QUARANTINE else None
    if node.code and node.code.raw == "421" and fits and not node.disconnect and refuses:
        _stays_open(node.code, scope)
    if node.disconnect and not refuses:
        _stays(node, verb, scope)
    reason = scope.reason if refuses and node.message is None else None
    return Decide(
        node.span,
        scope.rule,
        verb,
        int(node.code.raw) if node.code and fits else default.code,
        _enhanced(node, verb, default, fits=fits),
        message.value if isinstance(message, typed.Const) else default.text,
        node.disconnect and refuses,
        message=reason if message is None or isinstance(message, typed.Const) else message,
        reason=reason is not None,
        at="" if node.at is None else hook,
        place=quarantine,
    )


def _enhanced(node: tree.Verdict, verb: Verb, default: Default, *, fits: bool) -> str:
    if node.enhanced and fits:
        return str(node.enhanced.raw)
    other = node.code and fits and verb is Verb.REPLY and node.code.raw[0] != default.enhanced[0]
    return f"{node.code.raw[0]}{default.enhanced[1:]}" if other and node.code else default.enhanced


def _place_name(node: tree.Verdict, scope: Scope) -> str:
    """The name of a quarantine: that of a folder."""
    if node.code or node.enhanced:
        message = "`quarantine` takes the name of a quarantine and nothing else: the client is told 250"
        scope.findings.add("Q306", node.span, message, help='write `quarantine "spam"`')
    if node.message is None:
        return "default"
    name = str(node.message.value)
    if not _PLACE.fullmatch(name):
        scope.findings.add(
            "Q306",
            node.message.span,
            f'"{name}" is no name of a quarantine',
            why="it becomes the name of a folder below the setting `quarantine`",
            allowed="letters, digits, `-` and `_`, up to 64",
        )
        return "default"
    return name


def _plain(node: tree.Verdict, verb: Verb, scope: Scope) -> Decide | Enforce | None:
    if node.code or node.enhanced or node.message or node.disconnect or node.at:
        message = f"`{verb.value}` takes no code, no message and no `and disconnect`: it answers nothing"
        scope.findings.add("Q306", node.span, message, help=f"write `{verb.value}`, or `deny …` to refuse")
        return None
    if verb is Verb.ENFORCE:
        return _enforce(node, scope)
    return Decide(node.span, scope.rule, verb, 0, "", "", False) if verb is Verb.SKIP else None


def _enforce(node: tree.Verdict, scope: Scope) -> Enforce | None:
    if scope.hook in ENFORCING:
        return Enforce(node.span, scope.rule)
    allowed = f"verdicts can be kept for {words(ENFORCING, 'and')}, and are said there"
    scope.findings.add("Q302", node.verb.span, f"`enforce` is not possible in `{scope.hook}`", allowed=allowed)
    return None


def _stays(node: tree.Verdict, verb: Verb, scope: Scope) -> None:
    message = f"`{verb.value}` cannot be followed by `and disconnect`"
    scope.findings.add("Q306", node.span, message, why="only a refusal ends the connection", help="write `deny … and disconnect`")


def _stays_open(code: Literal, scope: Scope) -> None:
    scope.findings.add(
        "Q303",
        code.span,
        "421 says that the connection is closed, and this verdict leaves it open",
        why="a client that reads 421 goes away (RFC 5321 section 3.8)",
        help="write `defer 421 … and disconnect`, or `defer 450`",
    )


def _class_fits(node: tree.Verdict, verb: Verb, scope: Scope) -> bool:
    if verb is Verb.REPLY:
        return _agree(node, scope)
    right = str(CLASS[verb])
    for literal, what in ((node.code, "reply code"), (node.enhanced, "enhanced code")):
        malformed = literal is node.code and literal is not None and not literal.raw.isdecimal()
        if literal and (malformed or not literal.raw.startswith(right)):
            _wrong_class(literal, what, verb, scope)
            return False
    return True


def _agree(node: tree.Verdict, scope: Scope) -> bool:
    """A `reply` may have any code, but its two codes must be of one class."""
    if node.code is None or node.enhanced is None or node.code.raw[0] == node.enhanced.raw[0]:
        return True
    message = f"the reply code {node.code.raw} and the enhanced code {node.enhanced.raw} contradict each other"
    help = f"write `{node.code.raw} {node.code.raw[0]}{node.enhanced.raw[1:]}`"
    scope.findings.add("Q303", node.enhanced.span, message, why="their first digits must be the same (RFC 2034)", help=help)
    return False


def _wrong_class(literal: Literal, what: str, verb: Verb, scope: Scope) -> None:
    right = CLASS[verb]
    fitting = {"2": "accept", "4": "defer", "5": "deny"}.get(literal.raw[0], "")
    text = HOOKS[scope.hook].replies[verb.value]
    example = text.code if what == "reply code" else f"{right}{literal.raw[1:]}"
    scope.findings.add(
        "Q303",
        literal.span,
        f"`{verb.value}` needs {_article(what)} {what} that begins with {right}, not {literal.raw}",
        why="a client takes 4xx for a refusal for now and tries again, 5xx for a refusal for good, 2xx for success",
        help=f"write `{verb.value} {example}`" + (f", or `{fitting} {literal.raw}`" if fitting not in ("", verb.value) else ""),
    )


def _article(what: str) -> str:
    return "an" if what[0] in "aeiou" else "a"


def _message(node: tree.Verdict, literal: Literal, scope: Scope) -> Expr | None:
    """The text of the reply, checked; None after a finding."""
    text = inspect.cleandoc(literal.value) if literal.raw.startswith('"""') else str(literal.value)
    fault = _unsayable(text, node, literal)
    if fault:
        scope.findings.add("Q304", literal.span, fault[0], why=fault[1], help=fault[2])
        return None
    made = template(literal, text, scope) if has_holes(literal) else typed.Const(literal.span, TEXT, text)
    return None if made.type == ERROR else made


def _unsayable(text: str, node: tree.Verdict, literal: Literal) -> tuple[str, str, str] | None:
    odd = next((c for c in text if not (" " <= c <= "~" or c == "\n")), None)
    if odd is not None:
        shown = f'"{odd}"' if odd.isprintable() else f"the control character U+{ord(odd):04X}"
        return (
            f"a reply cannot contain {shown}",
            "replies are printable ASCII (RFC 5321 section 4.2)",
            "leave it out, or spell it in ASCII",
        )
    first = text.split(" ", 1)[0]
    written = {part.raw for part in (node.code, node.enhanced) if part}
    if first in written or _ENHANCED.fullmatch(first) or (len(first) == 3 and first.isdecimal() and first[0] in "245"):
        rest = text[len(first) :].strip()
        return (
            f'the message begins with the code "{first}"',
            "the code is put in front of it anyway",
            f'write `{node.verb.text} … "{rest}"`',
        )
    return None


def _unknown_verb(node: tree.Verdict, scope: Scope) -> str:
    """Reports a word that is no verdict; returns the one that is meant, as far as that can be guessed."""
    name, book = node.verb.text, scope.book
    verbs = (*HOOKS[scope.hook].verbs, *scope.verbs)
    near = _MEANT.get(name.lower(), "")
    near = near if near in verbs else did_you_mean(name, [*verbs, "log", *book.catalogue]) or ""
    if name in book.catalogue:
        remedy = f"`{name}` is a function: write `{name}(…)`"
    elif near:
        remedy = f"did you mean `{near}`?" if near in verbs else f"did you mean `{near}(…)`?"
    else:
        remedy = ""
    allowed = f"a verdict ({words(verbs)} in `{scope.hook}`), a call, an assignment, `let`, `log(…)`, `if`, `unless` or `match`"
    besides = (*STATEMENT_WORDS, *scope.verbs, "log", *book.catalogue, *book.defines, *book.lets)
    same = Fix((Edit(node.verb.span, near),)) if name in _SAME and near in verbs else None
    fix = same or respelt(node.verb.span, name, VERBS, besides)
    message = f"`{name}` is no verdict and no statement"
    scope.findings.add("Q212", node.verb.span, message, allowed=allowed, help=remedy, fix=fix)
    return near if near in verbs else ""


def _not_here(node: tree.Verdict, verb: Verb, scope: Scope) -> None:
    where = [hook.name for hook in HOOKS.values() if verb.value in hook.replies]
    remedy = ""
    if verb is Verb.ACCEPT and scope.hook in ("connect", "helo"):
        remedy = "to skip the reputation checks for this client, write `trusted = true`"
    scope.findings.add(
        "Q302",
        node.verb.span,
        f"`{verb.value}` is not possible in `{scope.hook}`",
        why=f"`{scope.hook}` is this moment: {HOOKS[scope.hook].when}",
        allowed=f"`{scope.hook}` allows {words(HOOKS[scope.hook].verbs)}; `{verb.value}` is possible in {words(where)}",
        help=remedy,
    )
