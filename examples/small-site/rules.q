# A site with one domain, one mailbox for everybody and a few machines of its own.
server:
    hostname = "mx.example.org"
    max_size = 50MB

listener mx:
    bind = ["0.0.0.0:25", "[::]:25"]

let own_networks = networks("relayclients")
let bad_helo: list[domain] = ["localhost", ".local"]

on connect:
    if ip in own_networks:
        relay = true
        trusted = true

on connect unless trusted:
    @early
    if earlytalker(wait = 1s) deny 5.5.4 "Talked before the greeting" and disconnect
    @zen
    if dnsbl("zen.spamhaus.org") deny

on helo unless trusted:
    @helo_name
    if helo.domain and helo.domain in bad_helo deny "HELO {{ helo }} is not you"

on rcpt:
    @gate
    unless rcpthosts(domain) deny

on data_post unless trusted:
    @headers
    unless has_headers(["From", "Date"]) deny 5.6.0 "Missing header field"

on queue: maildir("Maildir")

end
