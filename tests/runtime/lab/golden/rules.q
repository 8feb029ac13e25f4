# Rules whose tests fail in every way there is.
let own_networks = networks("relayclients")
let bad_helo: list[domain] = ["localhost", ".local"]

on connect:
    if ip in own_networks:
        relay = true

on connect unless relay:
    @zen
    if dnsbl("zen.example.net") deny

on helo:
    @bad_name
    if helo.domain and helo.domain in bad_helo:
        deny "{{ helo }} is not you"

on mail: if sender == <> and connections > 5 defer

on rcpt:
    @gate
    unless rcpthosts(domain) deny

on queue: maildir("Maildir")

test "strangers cannot relay":
    given dnsbl() = none
    client 203.0.113.9
    helo "h9.example.net"           -> accept
    mail "a@example.net"            -> accept
    rcpt "x@elsewhere.example"      -> deny 550 by @gate

test "answered otherwise, by a rule":
    given dnsbl() = none
    client 203.0.113.9
    helo "localhost" -> accept

test "answered otherwise, by nobody":
    given dnsbl() = none
    client 203.0.113.9
    helo "h9.example.net"
    mail <> -> defer 450 "later" by @zen

test "no answer is given":
    client 203.0.113.9 -> accept

test "out of order":
    given dnsbl() = none
    client 203.0.113.9
    helo "localhost"
    mail "a@example.net" -> accept

test "closed":
    given dnsbl() = listing(reason = "seen sending spam")
    client 203.0.113.9
    helo "h9.example.net" -> accept

test "an expectation is false":
    client 192.0.2.1
    helo "h1.example.org"
    mail "a@example.org"
    rcpt "x@elsewhere.example"      -> accept
    data "Subject: hello"           -> accept
    expect score >= 5 or message.size > 1KB

test "an expectation is unknown":
    given dnsbl() fails
    client 203.0.113.9
    expect not dnsbl("zen.example.net")

test "not fired":
    client 192.0.2.1
    expect fired @zen
