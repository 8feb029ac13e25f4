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
