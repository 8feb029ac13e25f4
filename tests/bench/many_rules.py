"""A rules file of any length, as a large site might have it: parts that differ in names and values only.

The parts hold the usual statements and expressions of the language; none of them decides for every message.
"""

from __future__ import annotations

_HEAD = """\
listener mx:
    bind = "127.0.0.1:2525"
listener submission:
    bind = "127.0.0.1:2587"

on rcpt: unless rcpthosts(domain) deny
on queue: maildir("Maildir")
"""

_PART = """
# --- part {n}

let networks_{n}: list[network] = ["192.0.{o}.0/24", "10.{o}.0.0/16", "2001:db8:{o}::/48"]
let domains_{n}: list[domain] = ["a{n}.example", ".b{n}.example", "c{n}.example.net"]
define busy_{n}(most) = connections == most and score > {o}
var seen_{n} = 0 per connection

policy quota_{n}(most: number = 100, reject: verb = deny):
    "No more than so many recipients of one message in part {n}."
    on rcpt:
        if len(recipients) == most reject 5.5.3 "Too many recipients"

apply quota_{n}(most = 2{o}) at mx unless trusted

on connect at mx:
    if ip in networks_{n}:
        trusted = true
        karma += 1
    elif connections > {o} and not trusted:
        score += 0.5 as MANY_{n}
    @zone_{n}
    if dnsbl("z{n}.example.net", timeout = 50ms) score += 2.5 as LISTED_{n}
    unknown score += 0.5

on helo at mx unless trusted:
    if helo.domain and helo.domain in domains_{n} deny 5.7.1 "HELO {{{{ helo }}}} is not you"
    if helo matches /^dyn-{n}-/i:
        seen_{n} += 1

on mail:
    unless sender == <>:
        if sender.domain in domains_{n}:
            deny 5.1.8 "{{{{ sender.domain }}}} takes no mail ({n})"
    if busy_{n}({o}) and not relay defer 4.7.1 "Later, please"

on rcpt:
    # who may not get mail from there
    if recipient.local == "user{n}" and (sender.domain ?? domain) == "x{n}.example":
        deny 5.7.1 "user{n} takes no mail from there"
    if recipient in ["postmaster{n}@example.org", "abuse{n}@example.org"] score -= 1
    match listener:
        case mx: if seen_{n} > 3 deny at data 5.7.1 "Part {n} has seen you too often"
        case submission: pass

on data_post:
    let subject = header.subject ?? ""
    if subject matches /lottery-{n}|casino/i:
        add_header("X-Suspicious", "subject {n}")
    shadow if message.size > {o}MB and score + {n} > 20 deny 5.7.1 "Too much ({{{{ score }}}})"
    log("{{{{ ip }}}} sent {{{{ message.size }}}} at {n}")
"""


def rules(lines: int) -> str:
    """Rules with at least so many lines, without a finding that is an error or a warning."""
    parts = 1 + (lines - _HEAD.count("\n")) // _PART.count("\n")
    return _HEAD + "".join(_PART.format(n=n, o=n % 200 + 1) for n in range(parts)) + "end\n"
