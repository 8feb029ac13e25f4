"""`python -m qpsmtpd` is the command `qpsmtpd`."""

import sys

from qpsmtpd.runtime.cli import main

sys.exit(main())
