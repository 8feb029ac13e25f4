"""The one exception with which the service gives up something: its text is for the operator, one line, and complete."""


class Cannot(Exception):
    """What was asked for cannot be done, and why."""
