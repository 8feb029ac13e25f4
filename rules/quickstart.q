# The rules of `qpsmtpd serve` without a rules file: mail for this machine's own names into a Maildir.
# Copy this file and `rcpthosts` into a folder of your own, change them, and serve the copy.

listener local:
    bind = "127.0.0.1:2525"

# who may be written to: the domains in the file `rcpthosts`
on rcpt: unless rcpthosts(domain) deny "Only mail for localhost is taken here"

on queue: maildir("Maildir")

end
