"""`qh1a watch`: a running session on the terminal, or as lines of JSON."""

import asyncio
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from qh1a.cli.say import DONE, FAILED, INTERRUPTED, RefusedError, complain, polite


def watch(
    socket: Annotated[Path, typer.Argument(help="The socket of the session.", metavar="SOCKET")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a second, for pipes.")] = False,
    inject: Annotated[bool, typer.Option("--inject", help="Let key i inject faults (SIM and RIG).")] = False,
) -> None:
    """Watch a running session; nothing can be changed from here but what --inject breaks.

    Give the session a socket, then watch it from a second terminal:

    qh1a run 4h.toml --speed 1 --link s.sock

    qh1a watch s.sock

    Keys: 1 state, 2 loops and commands, 3 monitors and their margins, 4 bus: channels, their quality and age,
    5 faults, 6 log, arrows scroll, q quits.

    A figure that cannot be trusted is "--"; NOT LIVE means that no state has come for 3 s.

    With --json it ends with the session (exit code 0), or with the link (1).
    """
    with polite():
        if not json and find_spec("textual") is None:
            allowed = 'textual is not installed; it comes with: pip install "qh1a[console]"'
            raise RefusedError(where="watch", allowed=allowed)
        if json and inject:
            raise RefusedError(where="--inject", allowed="not with --json: there are no keys in a pipe")
        if not json and not sys.stdout.isatty():
            raise RefusedError(where="watch", allowed="needs a terminal; for a pipe add --json")
        try:
            code = asyncio.run(_watch(socket, as_json=json, injects=inject))
        except KeyboardInterrupt:
            code = INTERRUPTED
    raise typer.Exit(code)


async def _watch(path: Path, *, as_json: bool, injects: bool) -> int:
    from qh1a import __version__
    from qh1a.clock import VirtualClock
    from qh1a.link import LinkClient, LinkLostError, Role
    from qh1a.watch.model import StrangeError, about_of

    wall_ns = VirtualClock().wall_ns
    async with LinkClient(path, Role.WATCH, f"watch {__version__}") as client:
        try:
            about = about_of(client.about)
            if as_json:
                from qh1a.watch.pipe import follow

                await follow(client, about, _say, wall_ns)
            else:
                from qh1a.config.texts import load_texts
                from qh1a.watch.app import WatchApp
                from qh1a.watch.inject import Injector

                injector = (
                    Injector(client, about.faults, f"watch-{os.getpid()}-{wall_ns()}") if injects else None
                )
                app = WatchApp(client, about, load_texts(), wall_ns, injector)
                await app.run_async()
                if app.lost:
                    complain(app.lost)
                    return FAILED
        except (LinkLostError, StrangeError) as error:
            complain(str(error))
            return FAILED
        except BrokenPipeError:
            # Whoever read has gone; the interpreter would complain again when it flushes at its exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
