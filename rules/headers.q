# Refuses messages whose header is not that of a mail, as qpsmtpd's plugin `headers` (before: `check_basicheaders`) did.

policy headers(
    require: list[text] = ["From", "Date"],
    singular: list[text] = ["Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject"],
    past: duration = 15d,
    future: duration = 2d,
    reject: verb = deny
):
    """Refuse messages without the header fields that RFC 5322 requires, with two of a kind, or with a date that cannot be right.

    `require` are the fields that must be there and say something, `singular` those that may be there once only. A Date
    field that names no time is not compared with `past` and `future`. Messages of clients that may relay or are trusted
    are looked at only for whether there is anything in them; each fault costs the others 1 karma.
    """
    on data_post:
        if message.size == 0B reject 5.6.0 "There is no message"
    on data_post unless relay or trusted:
        let missing = missing_headers(require)
        if len(missing) > 0:
            karma -= 1
            reject 5.6.0 "Header fields are missing that every message must have: {{ missing | join(', ') }}"
        let repeated = repeated_headers(singular)
        if len(repeated) > 0:
            karma -= 1
            reject 5.6.0 "There may be one {{ repeated | join(', ') }} header field only (RFC 5322 section 3.6)"
        if header.age and header.age > past:
            karma -= 1
            reject 5.6.0 "The Date field is too old"
        if header.age and header.age < -future:
            karma -= 1
            reject 5.6.0 "The Date field is in the future"

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

test "require: a field that is missing is refused, by name":
    apply headers()
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> deny 550 5.6.0 "that every message must have: Date"

test "past, future: so is a date that is too old or not yet there":
    apply headers()
    at 2026-01-31T12:00:00Z
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Date: Thu, 15 Jan 2026 12:00:00 +0000
        """ -> deny 550 5.6.0 "too old"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Date: Tue, 3 Feb 2026 12:00:00 +0000
        """ -> deny 550 5.6.0 "in the future"

test "past, future: within limits of one's own":
    apply headers(past = 30d, future = 7d)
    at 2026-01-31T12:00:00Z
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Date: Thu, 15 Jan 2026 12:00:00 +0000
        """ -> accept
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Date: Tue, 3 Feb 2026 12:00:00 +0000
        """ -> accept

test "require: other fields, and an empty one is none":
    apply headers(require = ["Subject", "Message-ID"])
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        Subject: x
        Message-ID: <1@example.net>
        """ -> accept
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject:" -> deny 550 5.6.0 "Subject, Message-ID"
    expect karma == -1

test "singular: two fields of a kind are refused, by name":
    apply headers(require = [])
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Subject: one
        Received: by a
        Received: by b
        SUBJECT: two
        From: b@example.net
        """ -> deny 550 5.6.0 "one From, Subject header field only"
    expect karma == -1

test "singular: other fields":
    apply headers(require = [], singular = ["List-Id"])
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        Subject: one
        Subject: two
        """ -> accept
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        List-Id: one
        List-Id: two
        """ -> deny 550 5.6.0 "one List-Id header"

test "reject_type: for now only":
    apply headers(reject = defer)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> defer 451 4.6.0 "Date"

test "reject 0: looked at, and taken":
    apply headers(reject = pass)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        From: b@example.net
        """ -> accept
    expect karma == -2

test "reject: put aside":
    apply headers(reject = quarantine)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> quarantine

test "a message with nothing in it is refused whatever is required":
    apply headers(require = [])
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "" -> deny 550 5.6.0 "no message"
