"""How every command speaks: results, one-line refusals, JSON, tables."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import typer

DONE: Final = 0
FAILED: Final = 1
BAD_USE: Final = 2
INTERRUPTED: Final = 130
_WHOLE: Final = 26
"""Characters of a column that a terminal must have room for."""


class RefusedError(Exception):
    """A user's mistake, in one line: where, what was given, what is allowed; `others` are further lines."""

    def __init__(self, *, where: str, value: object = "", allowed: str, others: tuple[str, ...] = ()) -> None:
        self.others = others
        super().__init__(f"{where} = {value}: {allowed}" if value != "" else f"{where}: {allowed}")


@contextmanager
def polite() -> Iterator[None]:
    """Turn a user's mistake into one line on stderr and exit code 2; anything else is our own mistake."""
    try:
        yield
    except _mistakes() as error:
        complain(str(error))
        for line in error.others if isinstance(error, RefusedError) else ():
            complain(line)
        raise typer.Exit(BAD_USE) from None


def _mistakes() -> tuple[type[Exception], ...]:
    """The errors that are the user's; asked only once one was raised, so that `--help` imports nothing."""
    from qh1a.config import ConfigError
    from qh1a.link import LinkLostError, LinkTakenError
    from qh1a.plant import PlantError
    from qh1a.record import RecordError

    return RefusedError, ConfigError, LinkLostError, LinkTakenError, PlantError, RecordError


def complain(text: str) -> None:
    """One line for people."""
    typer.echo(" ".join(text.split()), err=True)


def result_json(value: object) -> None:
    """One JSON object, or list of rows, on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def result_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Names and values on stdout, aligned."""
    rows = list(pairs)
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        typer.echo(f"{name:{width}}  {value}".rstrip())


def result_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout: aligned on a terminal, row by row on a narrow one, tab-separated in a pipe."""
    if not sys.stdout.isatty():
        for row in (headings, *rows):
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    # A name that is cut off cannot be used: only longer texts are wrapped.
    if sum(min(width, _WHOLE) + 2 for width in widths) > console.width:
        for row in rows:
            result_pairs(zip(headings, row, strict=True))
            typer.echo()
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(heading, no_wrap=width <= _WHOLE)
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False, highlight=False)


def number(value: object, unit: str = "", decimals: int = 1) -> str:
    """A figure for people, "-" when there is none."""
    if not isinstance(value, int | float):
        return "-"
    return f"{value:,.{decimals}f} {unit}".strip()
