"""The service: sockets in, mail out."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("qpsmtpd")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+source"
