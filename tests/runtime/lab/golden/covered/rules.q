# Rules of every form, some of them not covered by the tests below.
use "local.py"

policy shy(reject: verb = deny):
    on mail:
        if sender == <> reject 5.7.1 "No bounces, please"

apply shy(reject = defer)

on helo, mail unless relay:
    if helo == "localhost":
        score += 1
        deny
    elif helo == "localhost.localdomain":
        deny
    else:
        score += 0.5
    if dnsbl("zen.example.net") deny
    unknown score += 0.2

on mail:
    if sender.domain:
        match standing(sender.domain):
            case good: score -= 1
            case bad: deny
            case new, away: score += 1

shadow on rcpt:
    if score > 1 deny

on rcpt:
    unless rcpthosts(domain) deny
    let known = known_user(domain)
    unless known deny 5.1.1 "No such user"

on data_post:
    if score > 100:
        log("so much")
        deny
    skip

on queue: maildir("Maildir")

test "mail comes in":
    given dnsbl() = none
    given standing("example.net") = good
    given known_user() = true
    client 203.0.113.9
    helo "h9.example.net"            -> accept
    mail "a@example.net"             -> accept
    rcpt "x@example.org"             -> accept
    data "Subject: hello"            -> accept

test "localhost is nobody":
    client 203.0.113.9
    helo "localhost" -> deny

test "nobody knows":
    given dnsbl() fails
    given standing() fails
    given known_user() fails
    client 203.0.113.9
    helo "h9.example.net"            -> accept
    mail "a@example.net"             -> accept
    rcpt "x@example.org"             -> defer 451 4.4.3
    expect score == 2.4

test "bounces are put off":
    given dnsbl() = none
    client 203.0.113.9
    helo "h9.example.net"            -> accept
    mail <>                          -> defer 450 4.7.1 "No bounces"
