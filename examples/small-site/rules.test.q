# Tests of the rules beside this file: `qpsmtpd test rules.q`.

test "mail for our domain is delivered":
    given earlytalker() = false
    given dnsbl() = none
    client 203.0.113.9 at mx            -> accept
    ehlo "h9.example.net"               -> accept
    mail "you@example.net"              -> accept
    rcpt "jo@example.org"               -> accept
    data """
        From: you@example.net
        Date: Thu, 1 Jan 2026 12:00:00 +0000
        Subject: hello

        hello
        """ -> accept

test "strangers cannot send to others":
    given earlytalker() = false
    given dnsbl() = none
    client 203.0.113.9 at mx
    ehlo "h9.example.net"
    mail "you@example.net"
    rcpt "somebody@elsewhere.example" -> deny 550 5.7.1 by @gate

test "own machines send to anybody, and are not asked who they are":
    client 192.0.2.17 at mx             -> accept
    helo "localhost"                    -> accept
    mail "jo@example.org"               -> accept
    rcpt "somebody@elsewhere.example"   -> accept
    data "Subject: no more than this"   -> accept
    expect relay and trusted

test "who talks before the greeting does not get one":
    given earlytalker() = true
    client 203.0.113.9 at mx -> deny 554 5.5.4 and disconnect by @early

test "a listed client hears why":
    given earlytalker() = false
    given dnsbl("zen.spamhaus.org") = listing(reason = "https://www.spamhaus.org/query/ip/203.0.113.9")
    client 203.0.113.9 at mx -> deny 554 "https://www.spamhaus.org/" by @zen

test "nobody is refused because the DNS is away":
    given earlytalker() fails
    given dnsbl() fails
    client 203.0.113.9 at mx            -> accept
    ehlo "h9.example.net"               -> accept
    mail "you@example.net"              -> accept
    rcpt "jo@example.org"               -> accept

test "nobody is called localhost":
    given earlytalker() = false
    given dnsbl() = none
    client 203.0.113.9 at mx
    ehlo "localhost"                    -> deny "localhost" by @helo_name
    ehlo "printer.local"                -> deny by @helo_name
    ehlo "local.example.net"            -> accept

test "a message without a date is refused":
    given earlytalker() = false
    given dnsbl() = none
    client 203.0.113.9 at mx
    ehlo "h9.example.net"
    mail "you@example.net"
    rcpt "jo@example.org"
    data "From: you@example.net" -> deny 5.6.0 by @headers
end
