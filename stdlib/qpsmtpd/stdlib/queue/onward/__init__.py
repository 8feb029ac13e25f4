"""How messages are handed on to Postfix and to other servers: the workings of `postfix_queue` and `smtp_forward`."""
