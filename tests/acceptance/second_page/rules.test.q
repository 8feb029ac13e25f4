# Tests that come by every rule of the page but those of `auth`, which is not spoken in tests.

define spam_score() = score >= 5

test "mail from a client that nobody minds is delivered":
    given earlytalker() = false
    given dnsbl() = none
    given fcrdns() = pass
    given resolvable() = true
    given spf() = pass
    given local_user() = true
    given known_triplet() = true
    given clamdscan() = clean
    given spamassassin() = spam(score = 1.5)
    given postfix_queue() = delivered(text = "queued as 4711")
    client 203.0.113.9 at mx -> accept
    ehlo "h9.example.net"    -> accept
    mail "a@example.net"     -> accept
    rcpt "x@example.org"     -> accept
    data """
        From: a@example.net
        Date: Thu, 1 Jan 2026 10:00:00 +0000
        """ -> accept "queued as 4711"
    expect score == 1.5 and symbols == ["SPAMASSASSIN"] and karma == 1 and not spam_score()

test "whatever fails outside refuses nobody for good":
    given earlytalker() fails
    given dnsbl() fails
    given fcrdns() fails
    given resolvable() fails
    given spf() fails
    given local_user() fails
    client 203.0.113.9 at mx -> accept
    expect score == 0.5 and symbols == ["DNS_TROUBLE"]
    ehlo "h9.example.net"    -> accept
    mail "a@example.net"     -> defer 4.1.8
    mail <>                  -> accept
    rcpt "x@example.org"     -> defer 451 4.4.3

test "what fails at the end of data":
    given clamdscan() fails
    client 192.0.2.17 at mx
    ehlo "h1.example.org"
    mail "x@example.org"
    rcpt "y@elsewhere.example" -> accept
    data """
        From: x@example.org
        Date: Thu, 1 Jan 2026 10:00:00 +0000
        """ -> defer 451 4.3.0
    given clamdscan() = skipped(why = "too large")
    given spamassassin() fails
    mail "x@example.org"
    rcpt "y@elsewhere.example"
    data """
        From: x@example.org
        Date: Thu, 1 Jan 2026 10:00:00 +0000
        """ -> accept
    expect score == 0

test "who talks early gets no greeting":
    given earlytalker() = true
    client 203.0.113.9 at mx -> deny 554 5.5.4 and disconnect by @early

test "a listed client hears it at RCPT":
    given earlytalker() = false
    given dnsbl() = listing
    given dnsbl("zen.spamhaus.org") = listing(reason = "seen sending spam")
    given fcrdns() = mismatch
    given spf() = softfail
    client 203.0.113.9 at mx -> accept
    ehlo "h9.example.net"    -> accept
    mail <>                  -> accept
    expect pending and score == 5.5 and spam_score()
    rcpt "x@example.org"     -> deny 550 "seen sending spam" by @zen

test "names, senders and users that cannot be":
    given earlytalker() = false
    given dnsbl() = none
    given fcrdns() = pass
    given resolvable() = false
    given spf() = fail
    given local_user() = false
    client 203.0.113.9 at mx
    ehlo "localhost"         -> deny "HELO localhost is not you"
    ehlo "h9.example.net"    -> accept
    mail "a@nowhere.example" -> deny 5.1.8 "nowhere.example takes no mail"
    mail <>                  -> accept
    rcpt "x@example.org"     -> deny 5.1.1 "No such user"
    expect symbols == ["SPF_FAIL"]

test "greylisting only looks on":
    given earlytalker() = false
    given dnsbl() = none
    given fcrdns() = pass
    given spf() = none
    given local_user() = true
    given known_triplet() = false
    client 203.0.113.9 at mx
    ehlo "h9.example.net"
    mail <>
    rcpt "x@example.org" -> accept
    given known_triplet() fails
    rcpt "y@example.org" -> accept

test "what is in a message":
    given clamdscan() = infected(name = "Eicar")
    given spamassassin() = spam(score = 12)
    client 192.0.2.17 at mx
    ehlo "h1.example.org"
    mail "x@example.org"
    rcpt "y@example.org"
    data "From: x@example.org" -> defer 4.6.0 "Missing header field"
    mail "x@example.org"
    rcpt "y@example.org"
    data """
        From: x@example.org
        Date: Mon, 1 Dec 2025 10:00:00 +0000
        """ -> defer 4.6.0 "too old"
    mail "x@example.org"
    rcpt "y@example.org"
    data """
        From: x@example.org
        Date: Thu, 1 Jan 2026 10:00:00 +0000
        """ -> deny 5.7.1 "Virus found: Eicar"
    given clamdscan() = clean
    mail "x@example.org"
    rcpt "y@example.org"
    data """
        From: x@example.org
        Date: Thu, 1 Jan 2026 10:00:00 +0000
        """ -> quarantine "spam"
    given spamassassin() = spam(score = 20)
    mail "x@example.org"
    rcpt "y@example.org"
    data """
        From: x@example.org
        Date: Thu, 1 Jan 2026 10:00:00 +0000
        """ -> deny "This looks like spam (20)"

test "users are counted":
    given rate() = 10/h
    client 203.0.113.9 at submission
    ehlo "laptop.example.net"
    tls
    ehlo "laptop.example.net"
    auth ann
    mail "ann@example.org"
    rcpt "x@elsewhere.example" -> accept
    given rate() = 301/1h
    rcpt "y@elsewhere.example" -> defer 4.7.1 "Hourly limit reached"
    given rate() fails
    rcpt "z@elsewhere.example" -> accept
