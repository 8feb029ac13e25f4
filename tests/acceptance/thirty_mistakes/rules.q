# The mail exchanger of example.org: strangers on one listener, users on the other.
use "local.py"

server:
    hostname   = "mx.example.org"
    spool_dir  = "/var/spool/qpsmtpd"
    quarantine = "/var/spool/qpsmtpd/quarantine"
    max_size   = 25MB
    timeout    = 2m

listener mx:
    bind = ["0.0.0.0:25", "[::]:25"]
    tls  = offered
listener submission:
    bind = ["0.0.0.0:587", "[::]:587"]
    tls  = required
    auth = required

let own_networks = networks("relayclients")
let partners = domains("partners")
let bad_helo: list[domain] = ["localhost", ".local", ".localdomain"]
let roles: list[text] = ["abuse", "postmaster"]
let mailboxes: list[address] = ["ann@example.org", "bob@example.org", "@lists.example.org"]
let refused_at = 12

var probes = 0 per connection

define bounce() = sender == <>
define large(limit: size) = message.size > limit

policy names(reject: verb = deny, weight: number = 1):
    "Look at what the client calls itself."
    on helo:
        @helo_is_ours
        if helo.domain and helo.domain in bad_helo reject 5.7.1 "HELO {{ helo }} is not you"
        @helo_literal
        if helo.literal and helo.literal != ip score += weight as HELO_LITERAL
        @helo_dynamic
        if helo matches /^(dsl|dyn|pool)[.-]/ score += weight as HELO_DYNAMIC

policy fields(require: list[text] = ["From", "Date"], past: duration = 30d, reject: verb = deny):
    "Refuse what no mail program writes."
    on data_post:
        @fields
        unless has_headers(require) reject 5.6.0 "A header field is missing"
        @old
        if header.age and header.age > past reject 5.6.0 "The Date field is too old"

on connect:
    @office
    if ip in own_networks:
        relay = true
        trusted = true

on connect at mx unless trusted:
    @many
    if connections > 20 defer 4.7.0 "Too many connections" and disconnect
    @early
    if earlytalker(wait = 1s) deny 5.5.4 "Talked before the greeting" and disconnect
    @zen
    if dnsbl("zen.spamhaus.org") deny at rcpt
    unknown score += 0.5 as DNS_TROUBLE
    @spamcop
    if dnsbl("bl.spamcop.net", timeout = 4s) score += 4 as SPAMCOP
    @no_name
    unless rdns score += 1.5 as NO_RDNS

apply names(weight = 2) at mx unless trusted

on mail at mx unless trusted:
    @partner
    if sender.domain and sender.domain in partners:
        trusted = true
        skip
    @sender_domain
    unless bounce():
        unless takes_mail(sender.domain) deny 5.1.8 "{{ sender.domain }} takes no mail" unknown defer 4.1.8
    @spf
    match spf():
        case fail: score += 5 as SPF_FAIL
        case softfail: score += 1.5 as SPF_SOFTFAIL
        case pass, none, temperror: pass

on auth at submission:
    @user
    if known_user() accept
    log("{{ login }} could not log in from {{ ip }}")

on rcpt:
    @gate
    unless rcpthosts(domain) deny 5.7.1 "We do not relay"

on rcpt at mx unless relay:
    @roles
    if recipient.local in roles skip
    @kept
    enforce
    @mailboxes
    unless recipient in mailboxes:
        probes += 1
        if probes > 5 deny 5.1.1 "Too many users who do not exist" and disconnect
        deny 5.1.1 "No such user"

on rcpt at submission:
    @crowd
    if len(recipients) >= 200 defer 4.5.3 "Send this to fewer people at a time"

shadow on data at mx unless trusted:
    @bounces
    if bounce() and len(recipients) > 1 deny 5.7.1 "A bounce has one recipient"

apply fields(reject = defer) at submission
apply fields() at mx unless trusted

on data_post:
    let scanned = virus(socket = "/run/scanner.sock")
    @virus
    match scanned:
        case infected: deny 5.7.1 "Virus found: {{ scanned.name }}"
        case clean: pass
        case error: defer 4.3.0

on data_post at mx unless trusted:
    @empty
    if header.subject == none score += 1 as NO_SUBJECT
    @loud
    if header.subject and header.subject matches /^[^a-z]{20}/ score += 1 as LOUD
    @spam
    if score >= refused_at deny 5.7.1 "This looks like spam ({{ score }})"
    @mark
    if score >= 5:
        set_header("X-Spam-Score", "{{ score }} {{ symbols }}")
        quarantine "spam"

on queue:
    @oversized
    if large(20MB) maildir("Maildir")
    mail_server()

require virus before queue

test "strangers do not relay":
    given dnsbl("zen.spamhaus.org") = none
    given dnsbl("bl.spamcop.net") = none
    given earlytalker(wait = 1s) = false
    given rdns() = none
    given takes_mail("example.edu") = true
    given spf() = none
    client 203.0.113.9 at mx
    helo "mail.example.com"
    mail "jo@example.edu"
    rcpt "x@nowhere.example" -> deny 550 5.7.1 by @gate

end
