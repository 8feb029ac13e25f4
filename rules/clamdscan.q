# Refuses messages that ClamAV calls infected, as qpsmtpd's plugin `virus/clamdscan` did.

policy clamdscan(
    socket: text = "/run/clamav/clamd.ctl",
    backups: list[text] = [],
    max_size: size = 25MB,
    scan_all: bool = true,
    defer_on_error: bool = true,
    reject: verb = deny
):
    """
    Refuse messages in which ClamAV's daemon clamd finds a virus.

    `reject` is for infected messages: with `pass` they go on, and `X-Virus-Found` and `X-Virus-Details` say so. When no
    server answers, the client is asked to come back, unless `defer_on_error = false`, which lets mail in unseen. Messages
    larger than `max_size` are not scanned, and with `scan_all = false` only those with several parts are.
    """
    on data_post:
        remove_header("X-Virus-*")
        if scan_all or (header["Content-Type"] ?? "") matches /^multipart\/.*boundary/i:
            let scan = clamdscan(socket = socket, backups = backups, max_size = max_size)
            match scan:
                case infected:
                    karma -= 1
                    set_header("X-Virus-Found", "Yes")
                    set_header("X-Virus-Details", "{{ scan.name }}")
                    reject 5.7.1 "Virus found: {{ scan.name }}"
                case clean: set_header("X-Virus-Found", "No")
                case skipped: log("not scanned for viruses: {{ scan.why }}")
                case error: if defer_on_error defer 4.3.0 "The virus scanner does not answer, try again later"

test "a virus is refused by its name, and costs karma":
    apply clamdscan()
    given clamdscan() = infected(name = "Eicar")
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> deny 550 5.7.1 "Virus found: Eicar"
    expect karma == -1

test "`reject` says what becomes of it: here it goes on, with fields that say so":
    apply clamdscan(reject = pass)
    given clamdscan() = infected(name = "Eicar")
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        X-Virus-Found: No
        """ -> accept
    expect header.all("X-Virus-Found") == ["Yes"] and header.all("X-Virus-Details") == ["Eicar"]

test "what is clean says so":
    apply clamdscan()
    given clamdscan() = clean
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> accept
    expect header.all("X-Virus-Found") == ["No"] and karma == 0

test "what is too large is not scanned, and no field of the client's says that it was":
    apply clamdscan(max_size = 1KB)
    given clamdscan(max_size = 1KB) = skipped(why = "too large")
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        X-Virus-Found: No
        """ -> accept
    expect header["X-Virus-Found"] == none

test "when no scanner answers mail waits":
    apply clamdscan()
    given clamdscan() fails
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> defer 451 4.3.0

test "unless one prefers mail that nobody has looked at":
    apply clamdscan(defer_on_error = false)
    given clamdscan() fails
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> accept

test "with `scan_all = false` only messages of several parts are scanned":
    apply clamdscan(scan_all = false)
    given clamdscan() = infected(name = "Eicar")
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Content-Type: text/plain
        """ -> accept
    mail "a@example.net"
    rcpt "x@example.org"
    data """
        From: a@example.net
        Content-Type: Multipart/Mixed; Boundary="b"
        """ -> deny 5.7.1 "Virus found"

test "server and backups are what one says":
    apply clamdscan(socket = "192.0.2.8:3310", backups = ["192.0.2.9:3310"])
    given clamdscan() fails
    given clamdscan(socket = "192.0.2.8:3310", backups = ["192.0.2.9:3310"]) = clean
    client 203.0.113.9
    ehlo "h9.example.net"
    mail "a@example.net"
    rcpt "x@example.org"
    data "From: a@example.net" -> accept
