"""A hook of many rules that know of each other: what the proofs take longest for.

Networks, lists of domains, texts, thresholds, scores and lookups, one condition after the other, and most of them
under `unless trusted`; every tenth rule is dead or has a twin.
"""

from __future__ import annotations

_RULES = (
    'if ip in "10.{n}.0.0/16" deny 5.7.1 "Network {n}"',
    'if sender.domain and sender.domain in ["a{n}.example", ".b{n}.example"] deny',
    'if dnsbl("z{n}.example.net") and score > {n} score += 0.5 as Z{n}',
    'if helo == "h{n}.example" or helo matches /^x{n}/ defer',
    'if recipient.local == "user{n}" and not relay deny 5.1.1 "No such user"',
    'if len(recipients) > {few} defer 4.5.3 "Too many"',
    'if dnsbl("y{n}.example.net") score += 1 as Y{n}',
    'if sender == "x{n}@example.net" and recipient.local == "y{n}" deny',
    'if esmtp and dnsbl("w{n}.example.net") and dnsbl("w{m}.example.net") skip',
    'unless sender.domain or recipient.local in ["a{n}", "postmaster"] deny',
)


def rules(count: int) -> str:
    """A rules file with so many rules in `rcpt`."""
    lines = [_RULES[n % len(_RULES)].format(n=n % 250, m=n % 250 + 1, few=1000 - n) for n in range(count)]
    head = "on rcpt:\n    unless rcpthosts(domain) deny\non rcpt unless trusted:\n"
    return head + "".join(f"    {line}\n" for line in lines) + 'on queue: maildir("Maildir")\n'
