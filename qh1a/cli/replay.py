"""`qh1a replay`: decide a recorded session again."""

from pathlib import Path
from typing import Annotated

import typer

from qh1a.cli.say import DONE, FAILED, polite, result_json, result_pairs


def replay(
    file: Annotated[Path, typer.Argument(help="A session file.", metavar="S.qh1a")],
    *,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override one value; then differences are expected."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Decide every recorded tick again and compare; exit 0 only when every decision is equal."""
    from dataclasses import asdict

    from qh1a.config import Configuration, parse_set
    from qh1a.control.kernel import Kernel
    from qh1a.record import SessionFile
    from qh1a.replay import replay as decide_again

    with polite():
        overrides = parse_set(tuple(sets or ()))
        with SessionFile(file) as session:
            c = Configuration.from_tree(session.header.configs, overrides)
            found = decide_again(session, lambda: Kernel(c.prescription, c.limits, c.tuning, c.rig))
            changed = c.digest() != session.header.config_hash
            ticks = session.ticks
    d = found.divergence
    if json:
        result_json(
            {
                "session_file": str(file),
                "equal": found.equal,
                "ticks": ticks,
                "compared": found.ticks,
                "config_changed": changed,
                "divergence": None if d is None else asdict(d),
            }
        )
    elif d is None:
        typer.echo(f"{file}: equal, {found.ticks:,} ticks decided again")
    else:
        result_pairs(
            (
                ("first difference", f"tick {d.tick}, {d.session_s:.1f} s into the session"),
                ("field", d.field),
                ("recorded", d.recorded),
                ("decided again", d.decided),
                ("configuration", "changed by --set" if changed else "as recorded"),
            )
        )
    raise typer.Exit(DONE if found.equal else FAILED)
