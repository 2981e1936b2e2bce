"""`qh1a console`: a running session in a browser on this machine."""

import asyncio
import socket as sockets
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Final

import typer

from qh1a.cli.say import DONE, INTERRUPTED, RefusedError, complain, polite

if TYPE_CHECKING:
    from collections.abc import Callable

    from qh1a.console.audit import Audit
    from qh1a.console.relay import Relay

_HOST: Final = "127.0.0.1"
_NEEDED: Final = ("argon2", "fastapi", "plotly", "uvicorn")


def console(
    socket: Annotated[Path, typer.Argument(help="The socket of the session.", metavar="SOCKET")],
    *,
    users: Annotated[Path, typer.Option(help="Names, roles and PINs: qh1a pin makes it.")],
    port: Annotated[int, typer.Option(help="Of 127.0.0.1; 0 takes any that is free.", min=0, max=65535)] = 0,
    language: Annotated[str, typer.Option(help="Of messages: en or zh.")] = "en",
) -> None:
    """Serve a running session to a browser on this machine.

    Give somebody a PIN, start a session that waits for an operator, then the console in a second terminal:

    qh1a pin users.json anna --role operator

    qh1a run 4h.toml --operator console --link s.sock

    qh1a console s.sock --users users.json

    It prints its address. What people ask for is written to USERS.audit beside the users file, before it is
    done. Ending the console, with Ctrl-C, changes nothing in the session.
    """
    with polite():
        refuse_missing("console")
        from qh1a.console.tables import languages

        if language not in languages():
            raise RefusedError(
                where="--language", value=language, allowed=f"allowed {', '.join(languages())}"
            )
        try:
            code = asyncio.run(_serve(socket, users, port, language))
        except KeyboardInterrupt:
            code = INTERRUPTED
    raise typer.Exit(code)


def refuse_missing(command: str) -> None:
    """Refuse a command whose extra is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        allowed = f'{missing[0]} is not installed; it comes with: pip install "qh1a[console]"'
        raise RefusedError(where=command, allowed=allowed)


async def _serve(path: Path, users: Path, port: int, language: str) -> int:
    import logging

    import uvicorn

    from qh1a.clock import WallClock
    from qh1a.config import resolve
    from qh1a.console.app import Parts, make_app
    from qh1a.console.door import config
    from qh1a.console.figures import load_figures
    from qh1a.console.pins import Pins
    from qh1a.console.relay import Relay

    figures = load_figures(resolve("default.toml", "console"))
    audit_path = users.with_name(f"{users.name}.audit")

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[sockets.socket] | None = None) -> None:
            relay.close()  # else it waits for every open page
            logging.getLogger("uvicorn.error").disabled = True  # a page that does not read is cut off
            await super().shutdown(sockets)

    # Its time counts on while the machine sleeps: who was logged in before is not after.
    with WallClock() as clock, _listen(port) as listening, _audit(audit_path, clock.label) as audit:
        pins = Pins(users, figures, clock.now, clock.label)
        relay = Relay(path, figures, clock.now)
        number = listening.getsockname()[1]
        hosts = frozenset({f"{_HOST}:{number}", f"localhost:{number}"})
        app = make_app(
            Parts(relay, pins, audit, figures, clock.now, lambda: hosts, _Reports(relay), language)
        )
        typer.echo(f"http://{_HOST}:{number}/")
        complain("Ctrl-C ends the console, not the session")
        await Server(config(app)).serve(sockets=[listening])
    return DONE


def _listen(port: int) -> sockets.socket:
    listening = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM)
    listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
        listening.listen()  # before the address is said
    except OSError as error:
        listening.close()
        raise RefusedError(where="--port", value=port, allowed=f"cannot be used: {error.strerror}") from None
    return listening


def _audit(path: Path, label: "Callable[[], str]") -> "Audit":
    from qh1a.console.audit import Audit

    try:
        return Audit(path, label)
    except OSError as error:
        raise RefusedError(where=str(path), allowed=f"cannot be written: {error.strerror}") from None


class _Reports:
    """The report of the session on the link, made once its record is closed, and once only."""

    def __init__(self, relay: "Relay") -> None:
        self._relay = relay
        self._one = Lock()
        self._made: dict[str, bytes] = {}

    def __call__(self) -> bytes | None:
        """As HTML; None before the end, and where there is no record to be read."""
        from tempfile import TemporaryDirectory

        from qh1a import report
        from qh1a.record import RecordError, SessionFile

        name = self._relay.about.get("session_file")
        if not isinstance(name, str):
            return None
        with self._one:
            if name in self._made:
                return self._made[name]
            try:
                with SessionFile(Path(name)) as file, TemporaryDirectory() as folder:
                    if "ended" not in file.labels:
                        return None
                    out = Path(folder) / "report.html"
                    report.write(file, out)
                    self._made[name] = out.read_bytes()
            except RecordError:
                return None
            return self._made[name]
