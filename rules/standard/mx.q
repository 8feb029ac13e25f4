# The classic line-up as one policy, for a small site that takes mail from the world for its own domains:
#
#     on connect: if ip in networks("relayclients") relay = true
#     apply standard/mx()
#     on queue: maildir("Maildir")
#
# Who may relay and what becomes of the mail in the end is the site's to say. Where the parameters are not enough, copy
# this file and change the copy: each line of it is a policy with options of its own.

policy mx(
    own_domains: text = "rcpthosts",
    more_domains: text = "rcpthosts",
    check_users: bool = false,
    early_wait: duration = 1s,
    max_unrecognized: number = 4,
    greylist: bool = true,
    greylist_delay: duration = 5m,
    reject_headers: verb = deny
):
    """Do what the classic line-up did: early talkers, unknown commands, own domains, users, greylisting, header fields.

    The files `own_domains` and `more_domains` list the domains that are ours. With `check_users` a recipient must be a user
    of this system. Clients with `relay = true` may write to everybody, and are spared what is about strangers.
    """
    apply earlytalker(wait = early_wait)
    apply count_unrecognized_commands(max = max_unrecognized)
    apply rcpt_ok(file = own_domains, more = more_domains)
    on rcpt unless relay:
        if check_users:
            unless local_user(recipient, extension = "+") deny 5.1.1 "There is no such user here"
    # behind what refuses for good: nobody is asked to come again for nothing
    apply greylisting(by_recipient = true, delay = greylist_delay) if greylist
    apply headers(reject = reject_headers)
    # scanners have their place here, behind what costs less; here are none, as sites differ in which they have

test "a stranger's mail for a user of ours is taken at the second attempt":
    apply mx()
    given earlytalker() = false
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@localhost" -> defer 450 4.7.1
    wait 5m
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@localhost" -> accept
    data """
        From: a@example.net
        Date: Thu, 1 Jan 2026 12:00:00 +0000
        """ -> accept

test "what is not meant for us never gets so far":
    apply mx()
    given earlytalker() = true
    client 203.0.113.9 -> deny 554 "before the greeting"
    given earlytalker() = false
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@elsewhere.example" -> deny 550 5.7.1 "Relaying denied"
    say "X"
    say "X"
    say "X"
    say "X" -> deny 521 and disconnect

test "greylist: mail is taken at once without it, and early_wait is how long one listens":
    apply mx(greylist = false, early_wait = 3s)
    given earlytalker(3s) = false
    client 203.0.113.9 -> accept
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@localhost" -> accept
    data "From: a@example.net" -> deny 550 5.6.0 "Date"

test "check_users: who is no user gets nothing, and is not asked to come again":
    apply mx(check_users = true)
    given earlytalker() = false
    given local_user("x@localhost") = false
    given local_user("y@localhost") = true
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@localhost" -> deny 550 5.1.1
    rcpt "y@localhost" -> defer 450

test "max_unrecognized, greylist_delay, reject_headers: as one likes":
    apply mx(max_unrecognized = 1, greylist_delay = 1m, reject_headers = defer)
    given earlytalker() = false
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@localhost" -> defer
    wait 1m
    rcpt "x@localhost" -> accept
    data "From: a@example.net" -> defer 451
    say "X" -> deny 521 and disconnect
