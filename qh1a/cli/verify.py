"""`qh1a verify`: whether the record is whole and unaltered."""

from pathlib import Path
from typing import Annotated

import typer

from qh1a.cli.say import DONE, FAILED, complain, polite, result_json


def verify(
    file: Annotated[Path, typer.Argument(help="A session file.", metavar="S.qh1a")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Prove a session file, or say where it breaks."""
    from qh1a.record import SessionFile

    with polite(), SessionFile(file) as session:
        problems = session.verify()
        head, ticks = session.head, session.ticks
    if json:
        result_json(
            {
                "session_file": str(file),
                "ok": not problems,
                "problems": problems,
                "head": head,
                "ticks": ticks,
            }
        )
    else:
        for problem in problems:
            complain(f"{file}: {problem}")
        if not problems:
            typer.echo(f"{file}: whole, {ticks:,} ticks, head {head}")
    raise typer.Exit(FAILED if problems else DONE)
