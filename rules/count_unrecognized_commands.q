# Ends connections that send too many unknown commands, as qpsmtpd's plugin `count_unrecognized_commands` did.

policy count_unrecognized_commands(max: number = 4):
    """Close the connection of a client that has sent `max` commands that nobody knows.

    They count for the whole connection, whatever comes between them: what is no mail client at all (a web proxy that is
    made to talk to us, say) shows itself by them. Commands that exist and are not served here count too.
    """
    var seen = 0 per connection
    on unrecognized_command:
        seen += 1
        if seen >= max deny 521 5.5.2 "{{ seen }} unrecognized commands" and disconnect

test "the fourth closes the connection":
    apply count_unrecognized_commands()
    client 203.0.113.9
    say "GET / HTTP/1.0"     -> deny 500
    say "Host: example.org"  -> deny 500
    ehlo "h9.example.net"    -> accept
    mail "a@example.net"     -> accept
    say "Accept: text/plain" -> deny 500
    rset
    say "Cookie: x"          -> deny 521 5.5.2 "4 unrecognized commands" and disconnect

test "max: or as many as one likes":
    apply count_unrecognized_commands(max = 2)
    client 203.0.113.9
    say "POST"   -> deny 500
    noop
    say "BOGUS"  -> deny 521 and disconnect

test "each connection is counted by itself":
    apply count_unrecognized_commands(max = 2)
    client 203.0.113.9
    say "BOGUS" -> deny 500
    client 203.0.113.9
    say "BOGUS" -> deny 500
