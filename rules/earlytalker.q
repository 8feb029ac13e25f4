# Refuses clients that talk before their turn, as qpsmtpd's plugin `earlytalker` (before: `check_earlytalker`) did.

policy earlytalker(wait: duration = 1s, check_at: list[text] = ["connect"], reject: verb = deny and disconnect, reject_at_data: verb = deny):
    """Refuse clients that talk before the greeting, or send a message before they are told to.

    `check_at` has "connect", "data" or both. Clients that may relay, are trusted or have more than 5 karma are spared, and
    need not wait; the others wait for `wait` each time. An early talker loses 1 karma. `reject = deny at rcpt` greets it
    all the same and refuses it at RCPT, so that it can authenticate before, and `reject = pass` refuses nobody.
    """
    on connect unless relay or trusted or karma > 5:
        if "connect" in check_at and earlytalker(wait):
            karma -= 1
            reject 5.5.4 "Talked before the greeting"
    on data unless relay or trusted or karma > 5:
        if "data" in check_at and earlytalker(wait):
            karma -= 1
            reject_at_data 5.5.4 "Sent a message before it was told to"

test "reject: who talks before the greeting is refused and cut off":
    apply earlytalker()
    given earlytalker(1s) = true
    client 203.0.113.9 -> deny 554 5.5.4 "before the greeting"
    expect karma == -1

test "who waits is greeted, and not asked again at DATA":
    apply earlytalker()
    given earlytalker() = false
    client 203.0.113.9 -> accept
    given earlytalker() = true
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept
    expect karma == 0

test "wait: so long one listens":
    apply earlytalker(wait = 3s)
    given earlytalker(3s) = true
    client 203.0.113.9 -> deny 554

test "check_at: data is where a message comes that nobody asked for":
    apply earlytalker(check_at = ["data"])
    given earlytalker() = true
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> deny 554 5.5.4 "before it was told to"
    expect karma == -1

test "check_at: both":
    apply earlytalker(check_at = ["connect", "data"])
    given earlytalker() = false
    client 203.0.113.9 -> accept
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    given earlytalker() = true
    data "Subject: hello" -> deny 554

test "reject_type: for now only, and the verdict as one likes":
    apply earlytalker(reject = defer and disconnect)
    given earlytalker() = true
    client 203.0.113.9 -> defer 421 4.5.4 "before the greeting"

test "reject 0: everybody is greeted, early talkers with less karma":
    apply earlytalker(reject = pass)
    given earlytalker() = true
    client 203.0.113.9 -> accept
    expect karma == -1

test "reject_at_data: the verdict as one likes":
    apply earlytalker(check_at = ["data"], reject_at_data = defer)
    given earlytalker() = true
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> defer 451 4.5.4

test "defer_reject: greeted all the same, and refused at MAIL":
    apply earlytalker(reject = deny at mail)
    given earlytalker() = true
    client 203.0.113.9 -> accept
    ehlo "h9.example.net" -> accept
    mail "a@example.net" -> deny 550 5.5.4 "before the greeting"

test "or for each recipient":
    apply earlytalker(reject = deny at rcpt)
    given earlytalker() = true
    client 203.0.113.9 -> accept
    ehlo "h9.example.net"
    mail "a@example.net" -> accept
    rcpt "x@example.org" -> deny 550 5.5.4
    rcpt "y@example.org" -> deny 550 5.5.4

test "nobody is refused because listening failed":
    apply earlytalker(check_at = ["connect", "data"])
    given earlytalker() fails
    client 203.0.113.9 -> accept
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept
