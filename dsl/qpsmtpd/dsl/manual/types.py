"""The pages of the types: what a value of each is, how it is written, and which operators take it.

Beside the types that rules can name stand the records and enumerations that names and functions have, and what only
parameters take. Which operators take a type is read from the checker's tables (operators.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qpsmtpd.dsl.manual.answers import answers
from qpsmtpd.dsl.manual.operators import all_operators, operators_of
from qpsmtpd.dsl.manual.pages import Chapter, Heading, Page, Part, Prose, contents
from qpsmtpd.dsl.manual.written import code
from qpsmtpd.dsl.model.functions import Catalogue
from qpsmtpd.dsl.model.hooks import READABLE
from qpsmtpd.dsl.model.types import BOOL, KEY, KEYS, SCALARS, TEMPLATE, Type
from qpsmtpd.dsl.syntax.literals import DIGITS_LIMIT, OCTETS, SECONDS


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a value of a type is, how it may be written (as it can stand behind `let x: TYPE =`), and what else holds."""

    meaning: str
    written: tuple[str, ...]
    more: str = ""


SPELLINGS: Mapping[str, Spelling] = {
    "bool": Spelling("True or false", ("true", "false")),
    "number": Spelling(
        "A number, whole or with a fraction", ("5", "2.5"), f"Numbers have no unit, and at most {DIGITS_LIMIT} digits."
    ),
    "text": Spelling(
        "Characters",
        ('"words"', r'"a \"quote\", a line end \n and U+263A: \u{263a}"'),
        'The escapes are `\\"`, `\\\\`, `\\n`, `\\t` and `\\u{263a}`. Between `"""` and `"""` a text may span lines. Upper and lower '
        "case differ, but not in `helo` and `.local`.",
    ),
    "duration": Spelling("A length of time", ("250ms", "5s", "1h30m", "2d"), f"The units are {code(SECONDS)}."),
    "size": Spelling("A number of octets", ("512B", "64KB", "25MB", "10MiB"), f"The units are {code(OCTETS)}."),
    "rate": Spelling("So many events in a time", ("300/1h", "10/m")),
    "time": Spelling("A moment", (), "It cannot be written: moments come from `now`, and from `now` by `+` and `-`."),
    "ip": Spelling("An address of the Internet, IPv4 or IPv6", ('"192.0.2.1"', '"2001:db8::1"')),
    "network": Spelling(
        "A network, IPv4 or IPv6",
        ('"192.0.2.0/24"', '"2001:db8::/32"', '"192.0.2.1"'),
        "In CIDR notation, without bits beyond the prefix; a single address is the network of itself.",
    ),
    "domain": Spelling(
        "A domain name",
        ('"example.org"', '"bücher.example"'),
        'Names are compared as lower-case A-labels. In a list `".example.org"` is everything below example.org.',
    ),
    "address": Spelling(
        "An address of mail",
        ('"ann@example.org"', "<>"),
        "`<>` is the null sender, whose parts are absent. Upper and lower case are the same, in the local part too. In a list "
        '`"@example.org"` is every address of that domain.',
    ),
    "pattern": Spelling(
        "A pattern to look for in a text",
        ("/lottery|casino/", "/^viagra/i", '"^re: "'),
        "RE2's: without look-around and back-references, in linear time. `/…/i` takes upper and lower case alike.",
    ),
    "list[T]": Spelling("Values of one type, in order", ('["From", "Date"]', "[]"), "`T` is the type of each."),
    "map[T]": Spelling("Values of one type, each with a name", ('{ "k": "v" }',), "`T` is the type of each; names are texts."),
    "T?": Spelling(
        "A value that may be absent",
        ("none",),
        "It must be tested (`if x …`, `x != none`) or given a default (`x ?? …`) before it is used. As a condition it asks whether the "
        "value is there.",
    ),
}
"""What there is to say of each type that rules can name; `T` stands for any of them."""

_OF_PARAMETERS: Mapping[str, str] = {
    TEMPLATE.name: "A text that may have `{{ }}` in it, with names, attributes and [filters](filters.md) between",
    KEY.name: f"What is counted or remembered by: a value of type {code(sorted(KEYS & SCALARS.keys()))}, or a text with `{{{{ }}}}` in it",
    "file": "The name of a data file, as a text; it is read and checked with the rules",
    "verb": "A verdict as an argument of a policy: `deny`, `defer`, `quarantine` or `pass`, with its own `at` and `and disconnect`",
    "path": "The name of a file or folder, as a text; a relative one leads from the folder of the rules file that names it",
}
"""What only parameters take."""


def types(catalogue: Catalogue) -> Chapter:
    """Every type."""
    named = (_named(name, spelling, catalogue) for name, spelling in SPELLINGS.items())
    answers = (_answer(kind, catalogue) for kind in _answered(catalogue))
    wanted = (Page("type of parameters", name, text, (Prose(f"{text}."),)) for name, text in _OF_PARAMETERS.items())
    pages = (*named, *answers, *wanted)
    intro = (
        "A text where an `ip`, `network`, `domain`, `address` or `pattern` is wanted is read as one when the rules load, and a malformed "
        "one is an error. Nothing else is converted."
    )
    decides = "A condition is a `bool`, a value that may be absent (is it there?), or an answer that can be true or false."
    overview = (Prose(intro), contents(pages, "type"), Heading("Operators"), Prose(decides), all_operators())
    return Chapter("types", "Types", overview, pages, whole=True)


def _named(name: str, spelling: Spelling, catalogue: Catalogue) -> Page:
    return Page("type", name, spelling.meaning, tuple(_parts(name, spelling, catalogue)))


def _parts(name: str, spelling: Spelling, catalogue: Catalogue) -> Iterator[Part]:
    yield Prose(f"{spelling.meaning}.")
    if spelling.written:
        yield Prose(f"Written: {code(spelling.written)}.")
    if spelling.more:
        yield Prose(spelling.more)
    kind = SCALARS.get(name)
    if kind is not None:
        yield from answers(kind)
        yield operators_of(kind)
        if kind != BOOL:
            yield Prose("It is no condition of its own: say what to compare it with.")
        origins = code(_origins(kind, catalogue))
        if origins:
            yield Prose(f"Such values are: {origins}.")


def _answer(kind: Type, catalogue: Catalogue) -> Page:
    what = f"The type of {code(_origins(kind, catalogue))}"
    return Page("type", kind.name, what, (Prose(f"{what}."), *answers(kind)))


def _origins(kind: Type, catalogue: Catalogue) -> list[str]:
    """Where values of the type come from: readable names and functions."""
    read = [name for name, rows in READABLE.items() if any(row.type.present().same(kind) for row in rows)]
    return [*read, *(f"{each.name}()" for each in catalogue.values() if each.returns.present().same(kind))]


def _answered(catalogue: Catalogue) -> Iterable[Type]:
    """The records and enumerations that rules cannot name, but meet: of readable names and of functions."""
    met = [row.type.present() for rows in READABLE.values() for row in rows]
    met += [function.returns.present() for function in catalogue.values()]
    # one whose values have parts of their own belongs to a single function, whose page tells of it
    found = {kind.name: kind for kind in met if (kind.fields or kind.members) and not kind.cases and kind.name not in SCALARS}
    return (found[name] for name in sorted(found))
