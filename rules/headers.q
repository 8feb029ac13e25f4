# Refuses messages whose header is not that of a mail, as qpsmtpd's plugin `headers` did.

policy headers(require: list[text] = ["From", "Date"], past: duration = 15d, future: duration = 2d, reject: verb = deny):
    "Refuse messages without the header fields that RFC 5322 requires, or with a date that cannot be right."
    on data_post:
        unless has_headers(require) reject 5.6.0 "A header field is missing that every message must have"
        if header.age and header.age > past reject 5.6.0 "The Date field is too old"
        if header.age and header.age < -future reject 5.6.0 "The Date field is in the future"

test "a message with both fields and a date of today is taken":
    apply headers()
    at 2026-01-31T12:00:00Z
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Date: Sat, 31 Jan 2026 10:00:00 +0000
        """ -> accept

test "a field that is missing is refused":
    apply headers()
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> deny 550 5.6.0 "missing"

test "so is a date that is too old or in the future, and the verdict is as one likes":
    apply headers(reject = defer)
    at 2026-01-31T12:00:00Z
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Date: Thu, 15 Jan 2026 12:00:00 +0000
        """ -> defer 451 4.6.0 "too old"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Date: Tue, 3 Feb 2026 12:00:00 +0000
        """ -> defer 451 4.6.0 "in the future"
