"""The engine's own replies, made once: what it says where no rule has decided (RFC 5321 section 4.2, RFC 3463).

Every reply has an enhanced code but the greeting, 354 and the answer to EHLO and HELO (RFC 2034 section 4).
Nothing here holds a byte that a client sent.
"""

from __future__ import annotations

from qpsmtpd.dsl.model.verdicts import Verb, reply_bytes, verdict

# positive
OK = reply_bytes(250, "2.0.0", "Ok")
SENDER_OK = reply_bytes(250, "2.1.0", "Sender ok")
RECIPIENT_OK = reply_bytes(250, "2.1.5", "Recipient ok")
DISCARDED = OK
START_DATA = reply_bytes(354, "", "End data with <CR><LF>.<CR><LF>")
BYE = reply_bytes(221, "2.0.0", "Bye")
CANNOT_VERIFY = reply_bytes(252, "2.5.0", "Cannot verify; send mail and see")
HELP = reply_bytes(214, "2.0.0", "Commands: EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT")

# what the client wrote is no command
UNKNOWN_COMMAND = reply_bytes(500, "5.5.2", "Command not recognized")
LINE_TOO_LONG = reply_bytes(500, "5.5.2", "Command line too long")
BARE_LINE_FEED = reply_bytes(500, "5.5.2", "Commands must end in <CR><LF>")
NOT_PRINTABLE = reply_bytes(501, "5.5.2", "Commands may hold printable ASCII characters only")
NOT_IMPLEMENTED = reply_bytes(502, "5.5.1", "Command not implemented")
NO_ARGUMENT = reply_bytes(501, "5.5.4", "This command takes no argument")
HELO_NAME = reply_bytes(501, "5.5.4", "Say who you are: EHLO your.host.name")

# out of order
SAY_HELO = reply_bytes(503, "5.5.1", "Send EHLO or HELO first")
NESTED_MAIL = reply_bytes(503, "5.5.1", "A message is already under way; send RSET first")
NEED_MAIL = reply_bytes(503, "5.5.1", "Send MAIL FROM first")
NEED_RCPT = reply_bytes(503, "5.5.1", "Send RCPT TO first")
UNSYNCHRONISED = reply_bytes(554, "5.5.0", "Wait for the reply before you go on")

# paths and parameters
MAIL_SYNTAX = reply_bytes(501, "5.5.4", "Syntax: MAIL FROM:<address>")
RCPT_SYNTAX = reply_bytes(501, "5.5.4", "Syntax: RCPT TO:<address>")
BAD_SENDER = reply_bytes(501, "5.1.7", "That is not a valid address")
BAD_RECIPIENT = reply_bytes(501, "5.1.3", "That is not a valid address")
BAD_PARAMETER = reply_bytes(501, "5.5.4", "Malformed parameter")
UNKNOWN_PARAMETER = reply_bytes(555, "5.5.4", "Parameter not recognized or not implemented")

# limits
TOO_MANY_RECIPIENTS = reply_bytes(452, "4.5.3", "Too many recipients")
TOO_MANY_ERRORS = reply_bytes(421, "4.7.0", "Too many errors, closing the connection")
TOO_MANY_COMMANDS = reply_bytes(421, "4.7.0", "Too many commands without a message, closing the connection")
TOO_MANY_CONNECTIONS = reply_bytes(421, "4.3.2", "Too many connections, try again later")
TOO_MANY_FROM_YOU = reply_bytes(421, "4.7.0", "Too many connections from your address, try again later")
TIMED_OUT = reply_bytes(421, "4.4.2", "Timed out, closing the connection")
TOO_SLOW = reply_bytes(421, "4.4.2", "Data came too slowly, closing the connection")
SHUTTING_DOWN = reply_bytes(421, "4.3.2", "The service is shutting down, try again later")

# the message
NOT_CRLF = reply_bytes(550, "5.6.0", "Lines must end in <CR><LF>: the message has a bare CR or LF")
HAS_NUL = reply_bytes(550, "5.6.0", "The message has a NUL character")
BODY_LINE_TOO_LONG = reply_bytes(550, "5.6.0", "The message has a line that is too long")
TOO_BIG = reply_bytes(552, "5.3.4", "The message is larger than this server takes")
HEADER_TOO_BIG = reply_bytes(552, "5.3.4", "The header section is larger than this server takes")
LOOP = reply_bytes(554, "5.4.6", "The message has passed too many hosts, perhaps in a loop")
SPOOL_FULL = reply_bytes(452, "4.3.1", "Not enough space, try again later")
SPOOL_FAILED = reply_bytes(451, "4.3.0", "Temporary failure, try again later")

NO_MARK = verdict(Verb.DEFER, "engine", 451, "4.7.1", "Relaying is not decided for this recipient, try again later")
"""The engine's last word: a recipient that no gate of the rules has marked is not accepted."""
NOBODY_TOOK_IT = verdict(Verb.DEFER, "engine", 451, "4.3.0", "No rule delivered the message, try again later")
CLIENT_GONE = verdict(Verb.DEFER, "engine", 451, "4.4.2", "The connection was closed before the message was delivered")
