server:
    hostname = "mx.example.org"
    resolver = "NAME_SERVER"

let bad_helo: list[domain] = ["localhost", ".local"]

on connect:
    @zen
    if dnsbl("zen.test") deny
    if dnsbl("bl.elsewhere") deny
    unless rdns and rdns in [".test"] score += 1.5

on helo unless trusted:
    @bad_name
    if helo.domain and helo.domain in bad_helo:
        log("{{ ip }} calls itself {{ helo }}")
        deny "HELO {{ helo }} is not you"

on rcpt:
    @gate
    unless rcpthosts(domain) deny

on data_post:
    if header.subject and header.subject matches /lottery/i:
        score += 5
    elif message.size > 1KB:
        add_header("X-Large", "yes")
    set_header("X-Score", "{{ score }}")

on queue: maildir("Maildir")
