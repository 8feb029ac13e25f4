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
