#the rules of example.org, as several people left them
use "site.q"
server:
    hostname   = "mx.example.org"  # what we say we are
    max_size   = 25MB  # in octets
    quarantine = "/var/spool/q"  # one folder each
    # limits
    # per host

    # a comment at the margin that belongs to the block
    limits = { "per_host": 10, "all": {} }
    # at the end of the block
# above the listener
listener mx:
    bind = ["0.0.0.0:25",
        "[::]:25"]


let near = networks("relayclients")
let bad_helo: list[domain] = ["localhost", ".local",]
define far(a: number, b: number = 2) = -a + b ?? 0 - 1

policy headers(require: list[text] = ["From", "Date"],
        reject: verb = deny and disconnect):
    """Refuse messages
    without header fields.   
  """
    on data_post: unless has_headers(require) reject 5.6.0 "Missing header field"

apply headers(
    reject = defer,  # for now
)

on connect, helo at mx, submission unless (trusted or relay):
    # indented by a tab
    @early
    if earlytalker(wait = 1s) deny 5.5.4 "Talked before the greeting" and disconnect
    unknown score += 0.5 as TROUBLE
    match fcrdns():
        case pass:           karma += 1
        case none, mismatch: score += 1.5 as NO_FCRDNS
        else:                pass
        # not decided yet
    # after the match
    if rdns not in (list_of("a",
        "b"  # both
        # and no other
    )) deny
    unless (helo.domain or
            sender.domain):
        deny

on queue: postfix_queue()


require clamdscan before queue
test "a relay":
    given fcrdns() = pass
    given resolvable("example.net") = true
    client 203.0.113.9 "h9.example.net" at mx
    helo "h9.example.net"        -> accept
    mail "a@example.net"         -> accept
    wait 5m
    rcpt "x@nowhere.example"     -> deny 550 by @gate
    expect header["X"] == none


end
# nothing below
