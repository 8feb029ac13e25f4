# Asks SpamAssassin and does with its score what one likes, as qpsmtpd's plugin `spamassassin` did.

policy spamassassin(
    socket: text = "127.0.0.1:783",
    spamd_user: text = "",
    recipient_user: bool = false,
    backups: list[text] = [],
    size_limit: size = 500KB,
    reject_threshold: number? = none,
    userprefs: bool = false,
    munge_subject_threshold: number? = none,
    subject_prefix: text = "*** SPAM ***",
    headers: bool = true,
    leave_old_headers: text = "rename",
    reject: verb = deny
):
    """
    Add SpamAssassin's score to the message's, put its fields on top, mark the subject of spam, and refuse what has too much.

    Nothing is refused unless it is said from which score on: `reject_threshold = 12`, or `userprefs = true` for the
    threshold that spamd has for the user. The subject gets the prefix when spamd calls the message spam and its score is
    above `munge_subject_threshold`. Fields `X-Spam-…` that the client has sent become `X-Old-Spam-…`, or go with
    `leave_old_headers = "drop"`, or stay with `"keep"`, also when the message is not asked about; with `headers = false` the
    header is left alone. When spamd does not answer, mail goes on without a score.
    """
    on data_post:
        if headers and leave_old_headers == "drop":
            remove_header("X-Spam-*")
        elif headers and leave_old_headers != "keep":
            rename_header("X-Spam-*", to = "X-Old-Spam-*")
        if message.size > size_limit skip
        let found = spamassassin(socket = socket, user = spamd_user, recipient_user = recipient_user, backups = backups, max_size = size_limit)
        score += found.score as SPAMASSASSIN
        if found.spam karma -= 1
        if headers:
            add_headers(found.headers)
            if munge_subject_threshold and found.spam and found.score > munge_subject_threshold:
                let subject = header.subject ?? ""
                set_header("Subject", "{{ subject_prefix }} {{ subject }}")
        if userprefs and found.spam reject 5.7.1 "SpamAssassin calls this spam"
        if reject_threshold and found.score >= reject_threshold reject 5.7.1 "The spam score exceeds the threshold"

test "the score counts, and nothing is refused that nobody has asked for":
    apply spamassassin()
    given spamassassin() = spam(score = 104.5, threshold = 5, spam = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept
    expect score == 104.5 and symbols == ["SPAMASSASSIN"] and karma == -1
    expect header.all("Subject") == ["hello"]

test "`reject_threshold` refuses from that score on, as `reject` says":
    apply spamassassin(reject_threshold = 12, reject = defer)
    given spamassassin() = spam(score = 11.9, threshold = 5, spam = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept
    given spamassassin() = spam(score = 12, threshold = 5, spam = true)
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> defer 451 4.7.1 "exceeds the threshold"

test "`userprefs` refuses what is spam for the user":
    apply spamassassin(userprefs = true, spamd_user = "ann")
    given spamassassin() = spam(score = 6, threshold = 8, spam = false)
    given spamassassin(user = "ann") = spam(score = 6, threshold = 5, spam = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> deny 550 5.7.1 "SpamAssassin calls this spam"

test "`recipient_user` asks as the recipient":
    apply spamassassin(userprefs = true, recipient_user = true)
    given spamassassin() = spam(score = 6, threshold = 8, spam = false)
    given spamassassin(recipient_user = true) = spam(score = 6, threshold = 5, spam = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> deny 5.7.1

test "the fields of spamd come on the message, and those of the client are renamed":
    apply spamassassin()
    given spamassassin() = spam(score = 1, threshold = 5, headers = { "X-Spam-Status": "No, score=1.0", "X-Spam-Level": "*" })
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        Subject: hello
        X-Spam-Status: No, score=-99
        X-Spam-Flag: NO
        """ -> accept
    expect header.all("X-Spam-Status") == ["No, score=1.0"] and header.all("X-Spam-Level") == ["*"]
    expect header.all("X-Old-Spam-Status") == ["No, score=-99"] and header.all("X-Old-Spam-Flag") == ["NO"] and header["X-Spam-Flag"] == none

test "`leave_old_headers` can drop them":
    apply spamassassin(leave_old_headers = "drop")
    given spamassassin() fails
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        Subject: hello
        X-Spam-Flag: NO
        """ -> accept
    expect header["X-Spam-Flag"] == none and header["X-Old-Spam-Flag"] == none

test "`leave_old_headers` can keep them":
    apply spamassassin(leave_old_headers = "keep")
    given spamassassin() = spam(headers = { "X-Spam-Flag": "YES" })
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        Subject: hello
        X-Spam-Flag: NO
        """ -> accept
    expect header.all("X-Spam-Flag") == ["YES", "NO"]

test "`headers = false` leaves the header alone":
    apply spamassassin(headers = false, munge_subject_threshold = 5)
    given spamassassin() = spam(score = 7, spam = true, headers = { "X-Spam-Flag": "YES" })
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        Subject: hello
        X-Spam-Flag: NO
        """ -> accept
    expect header.all("X-Spam-Flag") == ["NO"] and header.all("Subject") == ["hello"] and score == 7

test "`munge_subject_threshold` marks the subject of spam above it":
    apply spamassassin(munge_subject_threshold = 7)
    given spamassassin() = spam(score = 7, spam = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept
    expect header.all("Subject") == ["hello"]
    given spamassassin() = spam(score = 7.1, spam = false)
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept
    expect header.all("Subject") == ["hello"]
    given spamassassin() = spam(score = 7.1, spam = true)
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept
    expect header.all("Subject") == ["*** SPAM *** hello"]
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> accept
    expect header.all("Subject") == ["*** SPAM ***"]

test "`subject_prefix` is what it is marked with":
    apply spamassassin(munge_subject_threshold = 5, subject_prefix = "[spam]")
    given spamassassin() = spam(score = 7, spam = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> accept
    expect header.all("Subject") == ["[spam] hello"]

test "`size_limit` says which messages are too large to ask, and forged fields go from these as well":
    apply spamassassin(size_limit = 40B, reject_threshold = 5)
    given spamassassin() = spam(score = 7, spam = true)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> deny 5.7.1
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        Subject: hello
        X-Spam-Flag: NO
        X-Filler: nothing
        """ -> accept
    expect header["X-Spam-Flag"] == none and score == 0

test "when no spamd answers mail goes on, and forged fields still go":
    apply spamassassin(reject_threshold = 5, munge_subject_threshold = 5, userprefs = true)
    given spamassassin() fails
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        Subject: hello
        X-Spam-Flag: NO
        """ -> accept
    expect score == 0 and header.all("Subject") == ["hello"] and header["X-Spam-Flag"] == none

test "server and backups are what one says":
    apply spamassassin(socket = "/run/spamd.sock", backups = ["192.0.2.9:783"], reject_threshold = 5)
    given spamassassin() fails
    given spamassassin(socket = "/run/spamd.sock", backups = ["192.0.2.9:783"]) = spam(score = 7)
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "Subject: hello" -> deny 5.7.1
