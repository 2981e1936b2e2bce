"""The command line: the composition root, the only place that chooses a plant.

stdout is for results, stderr for people. Exit codes: 0 done, 1 the session or check failed, 2 bad use or bad
input, 130 interrupted. Commands import what they need when they run, so that help is quick.
"""

import typer

from qh1a.cli.check import check
from qh1a.cli.console import console
from qh1a.cli.describe import describe
from qh1a.cli.mqtt import mqtt
from qh1a.cli.pin import pin
from qh1a.cli.replay import replay
from qh1a.cli.report import report
from qh1a.cli.run import run
from qh1a.cli.tune import tune
from qh1a.cli.verify import verify
from qh1a.cli.watch import watch

app = typer.Typer(
    name="qh1a",
    help="Controller and simulator of the QH-1A hybrid bioartificial liver. Research software.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (run, console, pin, watch, mqtt, replay, verify, report, tune, check, describe):
    app.command()(command)


@app.callback(invoke_without_command=True)
def options(
    *,
    version: bool = typer.Option(False, "--version", help="Show the version and leave."),
) -> None:
    """Controller and simulator of the QH-1A hybrid bioartificial liver. Research software."""
    if version:
        from qh1a import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    app()
