"""Which reports a command writes, and where: ``-f sarif -o a.sarif -f html -o b.html``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from dindguard import reports
from dindguard.cli.choice import Named, PathName
from dindguard.cli.helping import Sectioned
from dindguard.errors import UserError
from dindguard.records import record
from dindguard.reports import terminal

if TYPE_CHECKING:
    from dindguard.report import Report
    from dindguard.reports.progress import Progress

STDOUT = "-"


@record
class Output:
    """One report: its format, and its file (``-`` is standard output)."""

    form: str
    file: str = STDOUT


class OrderedOptions(Sectioned):
    """A command that can tell the order of its options, which says which ``-o`` belongs to which ``-f``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments for whoever asks for the order, then parse as usual."""
        ctx.meta[__name__] = list(args)
        return super().parse_args(ctx, args)


def paired(forms: Sequence[str], files: Sequence[str]) -> tuple[Output, ...]:
    """Return the reports that the current command line asks for, the one for standard output last.

    An ``-o`` goes with the ``-f`` before it, and with the only ``-f`` wherever that stands; without any ``-f``
    the report is text. Raises :class:`UserError` where it is not clear what goes where.
    """
    if len(forms) <= 1 and len(files) <= 1:
        return (Output((*forms, "text")[0], (*files, STDOUT)[0]),)
    context = click.get_current_context()
    _, _, order = context.command.make_parser(context).parse_args(args=list(context.meta.get(__name__, [])))
    given = [parameter.name for parameter in order if parameter.name in ("form", "output")]
    found = list(_in_order(given, forms, files))
    _check(found)
    return tuple(sorted(found, key=lambda output: output.file == STDOUT))


def _in_order(given: Iterable[str], forms: Sequence[str], files: Sequence[str]) -> Iterator[Output]:
    form, file = iter(forms), iter(files)
    waiting: str | None = None
    for name in given:
        if name == "form":
            if waiting is not None:
                yield Output(waiting)
            waiting = next(form)
        elif waiting is None:
            raise UserError(f"--output {next(file)}: write the --format of this file before it")
        else:
            yield Output(waiting, next(file))
            waiting = None
    if waiting is not None:
        yield Output(waiting)


def _check(outputs: Sequence[Output]) -> None:
    shown = [output.form for output in outputs if output.file == STDOUT]
    if len(shown) > 1:
        raise UserError(f"only one report can go to standard output: give {shown[0]} a file with --output")
    files = [output.file for output in outputs if output.file != STDOUT]
    for file in files:
        if files.count(file) > 1:
            raise UserError(f"--output {file}: two reports cannot go to one file")


def report_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add ``-f`` and ``-o``, each as often as somebody likes."""
    form = click.option(
        "-f",
        "--format",
        "form",
        type=Named(list(reports.FORMATS)),
        multiple=True,
        help="The report format (default: text).",
    )
    output = click.option(
        "-o", "--output", type=PathName(), multiple=True, metavar="FILE",
        help="Write the report of the preceding -f to FILE, which is replaced only when all went well.",
    )  # fmt: skip
    return form(output(function))


def write_all(
    outputs: Iterable[Output], report: Report, options: reports.Options, progress: Progress | None = None
) -> None:
    """Write a scan's reports, what goes to standard output for the terminal that it is.

    ``progress`` is told of files, and ends before anything goes to standard output: the terminal may be the same.
    """
    from dindguard.records import replace
    from dindguard.reports.output import deliver

    for output in outputs:
        shown = output.file == STDOUT
        if progress is not None and shown:
            progress.close()
        elif progress is not None:
            progress(f"writing {output.file}")
        screen = terminal.stdout() if shown else terminal.Terminal(width=100)
        pieces = reports.pieces(output.form, report, replace(options, terminal=screen))
        deliver(pieces, None if shown else output.file)
