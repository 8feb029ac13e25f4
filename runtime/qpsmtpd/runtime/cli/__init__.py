"""The command `qpsmtpd`: one command a file in this folder, found by looking into it.

Exit codes are the same everywhere: 0 done and nothing to say, 1 a negative answer (findings, rules refused), 2 wrong
usage, 3 it could not be checked or done. Heavy imports belong inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

import importlib
import io
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence

import click

OK, NEGATIVE, USAGE, COULD_NOT = 0, 1, 2, 3


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"{__name__}.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            from qpsmtpd.dsl.diagnostics.suggest import suggestion

            near = suggestion(args[0], self.list_commands(ctx))
            raise click.UsageError(f"there is no command `{args[0]}`{': ' + near if near else ''}", ctx)
        return super().resolve_command(ctx, args)


def _say_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from qpsmtpd.runtime import __version__

        click.echo(f"qpsmtpd {__version__}")
        context.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done; 1 a negative answer (findings, rules refused); 2 wrong usage; 3 could not be done.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_version, help="Show the version and exit."
)
def qpsmtpd() -> None:
    """An SMTP service whose behaviour is written in a rules file.

    Write rules.q, check it, serve it; change it and reload it while mail flows. `qpsmtpd COMMAND --help` says more about a command.

    \b
    Examples:
      qpsmtpd doc rcpthosts
      qpsmtpd check rules.q
      qpsmtpd serve rules.q
    """


def main(words: Sequence[str] | None = None) -> int:
    """The entry point: runs a command line, by default the process's own, and returns the exit code."""
    from qpsmtpd.runtime.service.cannot import Cannot

    _mend_streams()
    try:
        result = qpsmtpd.main(words, prog_name="qpsmtpd", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return USAGE
    except Cannot as error:
        click.echo(f"qpsmtpd: {error}", err=True)
        return COULD_NOT
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # nobody reads any more; without this the interpreter would complain once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return COULD_NOT
    except Exception:  # noqa: BLE001 - exit code 1 means findings; a bug must not look like them
        traceback.print_exc()
        return COULD_NOT
    return result if isinstance(result, int) else OK


def _mend_streams() -> None:
    """Standard streams that were closed lead nowhere from here on; and no path or text is impossible to print.

    Left closed, their numbers would go to the next files and sockets that are opened, and log records into those.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
