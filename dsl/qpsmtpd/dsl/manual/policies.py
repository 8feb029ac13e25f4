"""The pages of the shipped policies, from the rules files that declare them: parameters, docstring, hooks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from qpsmtpd.dsl.diagnostics.findings import Findings
from qpsmtpd.dsl.manual.docstrings import Docstring, docstring
from qpsmtpd.dsl.manual.pages import Chapter, Page, Part, Prose, Sample, contents, table
from qpsmtpd.dsl.manual.written import code
from qpsmtpd.dsl.syntax import tree
from qpsmtpd.dsl.syntax.parse import parse


def policies(shipped: Mapping[str, str]) -> Chapter:
    """The policies of the shipped rules files, which are given by name with their text: a file has the policy of its own name."""
    found = (_page(policy, file) for name, text in sorted(shipped.items()) for file, policy in _declared(name, text))
    pages = tuple(sorted(found, key=lambda page: page.name))
    intro = Prose("Shipped policies are known without `use`; one line puts such a policy to work: `apply NAME(…)`.")
    none = Prose("This version ships none.")
    return Chapter("policies", "Policies", (intro, contents(pages, "policy") if pages else none), pages, whole=True)


def _declared(name: str, text: str) -> Iterator[tuple[tree.File, tree.Policy]]:
    file = parse(text, name, Findings())
    found = (statement for statement in file.statements if isinstance(statement, tree.Policy))
    return ((file, policy) for policy in found if f"{policy.name.text}.q" == name.rpartition("/")[2])


def _name(file: tree.File) -> str:
    """How the policy of a shipped file is called in `apply`: `headers`, `standard/mx`."""
    return file.name.removesuffix(".q")


def _page(policy: tree.Policy, file: tree.File) -> Page:
    doc = docstring(inspect.cleandoc(policy.doc.value) if policy.doc else "")
    return Page("policy", _name(file), doc.summary, tuple(_parts(policy, file, doc)))


def _parts(policy: tree.Policy, file: tree.File, doc: Docstring) -> Iterator[Part]:
    parameters = ", ".join(_source(parameter, file) for parameter in policy.params)
    yield Prose(f"`{_name(file)}({parameters})`")
    if doc.prose:
        yield Prose(doc.prose)
    if policy.params:
        rows = ([*_columns(parameter, file), doc.arguments.get(parameter.name.text, "")] for parameter in policy.params)
        yield table(["parameter", "type", "default", "meaning"], rows)
    hooks = dict.fromkeys(hook.text for item in policy.body if isinstance(item, tree.On) for hook in item.hooks)
    acts = f"Has rules in {code(hooks)}; stands" if hooks else "Stands"
    yield Prose(f"{acts} in `rules/{file.name}`.")
    if doc.examples or all(parameter.default for parameter in policy.params):
        yield Sample(doc.examples or f"apply {_name(file)}()", "q fragment")


def _columns(parameter: tree.Param, file: tree.File) -> list[str]:
    written = (parameter.type, parameter.default)
    return [f"`{parameter.name.text}`", *(f"`{_source(part, file)}`" if part else "" for part in written)]


def _source(node: tree.Node, file: tree.File) -> str:
    """A node as it was written, on one line."""
    span = node.span
    lines = list(file.lines[span.line - 1 : span.end_line])
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return " ".join(line.strip() for line in lines)
