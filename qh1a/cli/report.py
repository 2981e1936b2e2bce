"""`qh1a report`: one HTML file about a session."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from qh1a.cli.say import RefusedError, polite, result_json


def report(
    file: Annotated[Path, typer.Argument(help="A session file.", metavar="S.qh1a")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML file.", metavar="R.html")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Write the report of a session as one self-contained HTML file."""
    with polite():
        from qh1a.record import SessionFile

        with SessionFile(file) as session:
            if find_spec("matplotlib") is None:
                allowed = 'matplotlib is not installed; it comes with: pip install "qh1a[report]"'
                raise RefusedError(where="report", allowed=allowed)
            if not out.parent.is_dir():
                raise RefusedError(where=str(out), allowed=f"there is no folder {out.parent}")
            from qh1a import report as reports

            try:
                reports.write(session, out)
            except OSError as error:
                allowed = f"cannot be written: {error.strerror}"
                raise RefusedError(where=str(out), allowed=allowed) from None
    if json:
        result_json({"session_file": str(file), "report": str(out)})
    else:
        typer.echo(str(out))
