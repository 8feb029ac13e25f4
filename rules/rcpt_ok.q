# Takes mail for one's own domains only, as qpsmtpd's plugin `rcpt_ok` did.

policy rcpt_ok(file: text = "rcpthosts", more: text = "rcpthosts", reject: verb = deny):
    """Take mail for one's own domains only; whoever may not relay is refused everything else.

    One's own domains are those in the files `file` and `more` (qpsmtpd's `rcpthosts` and `morercpthosts`, both lists of
    domains; without the second one is enough) and our own host name. So `postmaster` without a domain is taken, which is
    at our host. Clients with `relay = true` may write to anybody, trusted ones may not. It need not be the last policy:
    what stands behind it can still refuse a recipient.
    """
    on rcpt:
        unless rcpthosts(domain, file) or rcpthosts(domain, more) reject 5.7.1 "Relaying denied"

test "rcpthosts: own domains are taken, others refused":
    apply rcpt_ok()
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@localhost"             -> accept
    rcpt "x@LocalHost"             -> accept
    rcpt "x@example.net"           -> deny 550 5.7.1 "Relaying denied"
    rcpt "x%example.net@b.example" -> deny 550 5.7.1

test "me: our own host name is ours, and so is postmaster without a domain":
    apply rcpt_ok()
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "postmaster" -> accept
    expect recipient.local == "postmaster"
    rcpt "Postmaster" -> accept

test "special recipients get no exemption that others could use":
    apply rcpt_ok()
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "postmaster@example.net" -> deny 550
    rcpt "abuse@example.net"      -> deny 550
    rcpt "x@example.net"          -> deny 550
    say "RCPT TO:<abuse>"         -> deny 501

test "reject: for now only":
    apply rcpt_ok(reject = defer)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.net" -> defer 450 4.7.1 "Relaying denied"

test "a table that cannot be asked puts mail off":
    apply rcpt_ok()
    given rcpthosts() fails
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@localhost" -> defer 451
