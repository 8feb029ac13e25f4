# Asks deliveries that were never seen to come again, as qpsmtpd's plugin `greylisting` did. Its options have their names, but
# for `sender`, `recipient` and `black_timeout`, which are by_sender, by_recipient and delay; where things are kept is
# `state` of `server:`.

policy greylisting(
    remote_ip: bool = true,
    by_sender: bool = false,
    by_recipient: bool = false,
    network: bool = false,
    delay: duration = 50m,
    grey_timeout: duration = 3h20m,
    white_timeout: duration = 36d,
    deny_late: bool = false,
    per_recipient: bool = false,
    mode: text = "denysoft",
    loglevel: number = 0,
    name: text = "",
    reject: verb = defer
):
    "Ask deliveries that were never seen to come again after a while: a mail server does, much spam software does not."
    var held: bool = false per transaction
    on mail unless relay or trusted or by_recipient or per_recipient:
        let seen = greylisting(
            remote_ip, by_sender, false, network, delay, grey_timeout, white_timeout, mode, name
        )
        if loglevel > 0 log("greylisting: {{ seen }}")
        if mode != "testonly" and (seen == new or seen == early):
            held = true
            unless deny_late reject 4.7.1 "This mail is temporarily refused, try again later"
    on rcpt unless relay or trusted:
        if by_recipient or per_recipient:
            let seen = greylisting(
                remote_ip, by_sender, by_recipient, network, delay, grey_timeout, white_timeout, mode, name
            )
            if loglevel > 0 log("greylisting: {{ seen }}")
            if mode != "testonly" and (seen == new or seen == early):
                held = deny_late or sender == <>  # callbacks ask with the null sender, and go before DATA
                unless held reject 4.7.1 "Mail to this recipient is temporarily refused, try again later"
    on data: if held reject 4.7.1 "This mail is temporarily refused, try again later"

test "a first attempt is asked to come again, and so is one that comes too early; later it is known":
    apply greylisting()
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"  -> defer 450 4.7.1 "temporarily refused"
    wait 49m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"  -> defer
    wait 1m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"  -> accept
    rcpt "x@example.org"  -> accept
    data "Subject: hello" -> accept
    client 203.0.113.10
    ehlo "h10.example.net"
    mail "a@example.net"  -> defer

test "remote_ip: without it, who sends from elsewhere is known too":
    apply greylisting(remote_ip = false, by_sender = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 50m
    client 203.0.113.10
    ehlo "h10.example.net"
    mail "A@Example.net" -> accept
    rset
    mail "b@example.net" -> defer

test "by_sender: each sender is remembered by itself":
    apply greylisting(by_sender = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 50m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "b@example.net" -> defer
    mail "a@example.net" -> accept

test "by_recipient: each recipient is remembered by itself, and refused by itself":
    apply greylisting(by_recipient = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"  -> accept
    rcpt "x@example.org"  -> defer 450 4.7.1 "this recipient"
    wait 50m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"  -> accept
    rcpt "y@example.org"  -> defer
    rcpt "x@example.org"  -> accept
    data "Subject: hello" -> accept

test "per_recipient: it is decided for each recipient, by what is remembered of all":
    apply greylisting(per_recipient = true, delay = 5m)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept
    rcpt "x@example.org" -> defer
    wait 4m
    rcpt "y@example.org" -> defer
    wait 1m
    rcpt "y@example.org" -> accept

test "network: who comes back from another address of his network is the same":
    apply greylisting(network = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    client 2001:db8:1:2::9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 50m
    client 203.0.113.200
    ehlo "h200.example.net"
    mail "a@example.net" -> accept
    client 2001:db8:1:2:ffff::1
    ehlo "h1.example.net"
    mail "a@example.net" -> accept
    client 203.0.112.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer

test "delay: so long attempts are too early":
    apply greylisting(delay = 5m)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 299s
    mail "a@example.net" -> defer
    wait 1s
    mail "a@example.net" -> accept

test "grey_timeout: who comes back later than that begins anew":
    apply greylisting(grey_timeout = 2h)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 2h
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 119m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept

test "white_timeout: who was not seen for so long is forgotten":
    apply greylisting(white_timeout = 10d)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 1h
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept
    wait 9d
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept
    wait 9d
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept
    wait 10d
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer

test "deny_late: it is said at DATA, so that all the recipients are in the log":
    apply greylisting(deny_late = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"  -> accept
    rcpt "x@example.org"  -> accept
    data "Subject: hello" -> defer 451 4.7.1 "temporarily refused"
    wait 50m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept

test "the null sender is refused at DATA where recipients are, since callbacks never come to that":
    apply greylisting(by_recipient = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail <>               -> accept
    rcpt "x@example.org"  -> accept
    data "Subject: hello" -> defer 451
    rset
    mail "a@example.net"  -> accept
    rcpt "x@example.org"  -> defer 450

test "mode testonly: it is remembered, and nobody is refused":
    apply greylisting(mode = "testonly")
    apply greylisting(delay = 10m, deny_late = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept
    wait 10m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept

test "mode off: nothing is remembered, and nobody is refused":
    apply greylisting(mode = "off")
    apply greylisting(delay = 10m)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer

test "name: what is remembered by another name is not known by this one":
    apply greylisting(mode = "testonly", delay = 10m, name = "elsewhere")
    apply greylisting()
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 20m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 30m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept

test "loglevel: with 1 each attempt is logged, and decided as without":
    apply greylisting(loglevel = 1)
    apply greylisting(loglevel = 1, by_recipient = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> defer
    wait 50m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept
    rcpt "x@example.org" -> defer

test "reject: another verdict, or none":
    apply greylisting(reject = deny and disconnect)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> deny 550 5.7.1

test "reject: with pass nobody is refused":
    apply greylisting(reject = pass)
    apply greylisting(reject = pass, by_recipient = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"  -> accept
    rcpt "x@example.org"  -> accept
    data "Subject: hello" -> accept

test "who may relay is not asked to come again":
    apply greylisting()
    apply greylisting(by_recipient = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    auth "ann"
    mail "a@example.net" -> accept
    rcpt "x@example.org" -> accept

test "when state gives no answer, nobody is refused":
    apply greylisting()
    given greylisting() fails
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net" -> accept
