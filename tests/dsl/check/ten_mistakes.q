server:
    max_sise = 10MB

let offices: list[network] = ["10.0.0.1/8", "192.0.2.0/24"]

on connect:
    if sender == <> deny
    if earlytalker(wait = 5) deny

on recpt: unless rcpthosts(domain) deny

on mail:
    if sender == <> deny 450 "No bounces"
    if helo == "localhost" deny "You are not {{ hello }}"
    if helo in ["a.example", "b.example" deny

on rcpt:
    unless rcpthost(domain) deny
    unless rcpthosts(recipient) deny

on queue: maildir("Maildir")
