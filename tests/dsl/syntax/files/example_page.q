# /etc/qpsmtpd/rules.q
use "site.q"                             # a rules file beside this one
use "local.py"                           # functions of one's own

server:
    hostname  = "mx.example.org"
    spool_dir = "/var/spool/qpsmtpd"
    max_size  = 25MB
    state     = "sqlite:///var/lib/qpsmtpd/state.db"     # or redis://…: many nodes, one state

listener mx:
    bind = ["0.0.0.0:25", "[::]:25"]
listener submission:
    bind = "0.0.0.0:587"
    tls  = required
    auth = required

let own_networks = networks("relayclients")              # a data file: read, typed and linted with the rules
let bad_helo: list[domain] = ["localhost", ".local"]     # ".local": everything below it
define bounce() = sender == <>

policy headers(require: list[text] = ["From", "Date"], past: duration = 15d, reject: verb = deny):
    "Refuse messages without the header fields that RFC 5322 requires."
    on data_post:
        unless has_headers(require) reject 5.6.0 "Missing header field"
        if header.age and header.age > past reject 5.6.0 "The Date field is too old"

apply headers(reject = defer)                            # what was a plugin line is one `apply`

on connect:
    if ip in own_networks:
        relay = true
        trusted = true

on connect at mx unless trusted:
    @early
    if earlytalker(wait = 1s):
        deny 5.5.4 "Talked before the greeting" and disconnect
    @zen
    if dnsbl("zen.spamhaus.org") deny at rcpt            # decided now, said at RCPT; the list's text is the reason
    unknown score += 0.5 as DNS_TROUBLE
    if dnsbl("bl.example") score += 2.5 as BL_EXAMPLE
    match fcrdns():
        case pass: karma += 1
        case none, mismatch: score += 1.5 as NO_FCRDNS
        case temperror: pass

on helo at mx unless trusted: if helo.domain and helo.domain in bad_helo deny "HELO {{ helo }} is not you"

on mail at mx unless trusted:
    unless bounce():
        unless resolvable(sender.domain) deny 5.1.8 "{{ sender.domain }} takes no mail" unknown defer 4.1.8
    match spf():
        case fail: score += 4 as SPF_FAIL
        case softfail: score += 1.5 as SPF_SOFTFAIL
        case pass, neutral, none, permerror, temperror: pass

on auth at submission: if auth_flat_file() accept

on rcpt: unless rcpthosts(domain) deny

on rcpt at mx unless relay: unless local_user(recipient) deny 5.1.1 "No such user"
shadow apply greylisting(delay = 5m) at mx unless trusted   # evaluated, counted, logged as would-have; never enforced

on rcpt at submission: if rate(user) > 300/1h defer 4.7.1 "Hourly limit reached"

on data_post:
    let scan = clamdscan(socket = "/run/clamd.sock")
    match scan:
        case infected: deny 5.7.1 "Virus found: {{ scan.name }}"
        case clean, skipped: pass
        case error: defer 4.3.0
    if message.size < 500KB score += spamassassin(socket = "/run/spamd.sock").score as SPAMASSASSIN
    if score >= 20 deny 5.7.1 "This looks like spam ({{ score }})"
    if score >= 5:
        set_header("X-Spam-Score", "{{ score }} {{ symbols }}")
        quarantine "spam"

on queue: postfix_queue()

require clamdscan before queue

test "relaying is refused, and says so at RCPT":
    given dnsbl("zen.spamhaus.org") = none
    given dnsbl("bl.example") fails
    given fcrdns() = pass
    given resolvable("example.net") = true
    given spf() = none
    given earlytalker(wait = 1s) = false
    client 203.0.113.9 "h9.example.net" at mx
    helo "h9.example.net"            -> accept
    mail "a@example.net"             -> accept
    rcpt "x@nowhere.example"         -> deny 550 5.7.1
    expect score == 0
end
