# What qpsmtpd's classic list of plugins did, one line for one line; the sockets are those of Debian's packages.
server:
    hostname = "mx.example.org"
    spool_dir = "spool"

listener mx:
    bind = ["0.0.0.0:25", "[::]:25"]

apply earlytalker(wait = 1s)
apply greylisting(delay = 5m)
apply count_unrecognized_commands(max = 4)
apply headers()
apply rcpt_ok()
on rcpt unless relay: unless local_user(recipient, users = "users", passwd = false) deny 5.1.1 "No such user"
apply clamdscan(socket = "/run/clamav/clamd.ctl")
apply spamassassin(socket = "127.0.0.1:783", reject_threshold = 20)
on queue: postfix_queue(socket = "/var/spool/postfix/public/cleanup")

end
