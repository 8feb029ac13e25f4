# Refuses messages whose header is not that of a mail, as qpsmtpd's plugin `headers` did.

policy headers(require: list[text] = ["From", "Date"], past: duration = 15d, future: duration = 2d, reject: verb = deny):
    "Refuse messages without the header fields that RFC 5322 requires, or with a date that cannot be right."
    on data_post:
        unless has_headers(require) reject 5.6.0 "A header field is missing that every message must have"
        if header.age and header.age > past reject 5.6.0 "The Date field is too old"
        if header.age and header.age < -future reject 5.6.0 "The Date field is in the future"
