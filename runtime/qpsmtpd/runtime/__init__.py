"""The service: sockets in, mail out."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """`__version__`, looked up when somebody wants it: what reads it takes longer to load than the whole command line."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("qpsmtpd")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+source"
