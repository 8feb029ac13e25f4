# What somebody may write who has read half a page of the manual.
server
    hostname "mx.example.org"

let nets = [10.0.0.0/8,
    "192.0.2.0/24"
on connect:
    if ip in nets: relay = true
    deny 'go away'; 
    if helo.domain == "localhost" &&
        not relay deny msg
on recpt: unless rcpthosts(domain) deny "no relaying" at rcpt
    deny "日本語 and	a tab" deny
hook data_post: pass
