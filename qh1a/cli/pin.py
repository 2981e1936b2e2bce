"""`qh1a pin`: who may use the web console, and with which PIN."""

from pathlib import Path
from typing import Annotated

import typer

from qh1a.cli.say import RefusedError, complain, polite

_TRIES = 100
"""A random PIN that is easy to guess comes once in many thousands."""


def pin(
    file: Annotated[Path, typer.Argument(help="The users of the console; made when there is none.")],
    name: Annotated[str, typer.Argument(help="Who: up to 20 letters, digits, _ . and -.")],
    *,
    role: Annotated[str, typer.Option(help="viewer, operator, second, engineer or service.")],
    random: Annotated[bool, typer.Option("--random", help="Draw a PIN and print it, once.")] = False,
) -> None:
    """Set or change somebody's PIN for the web console.

    The PIN is asked twice and not shown: 6 to 12 digits, nothing like 123456 or 000000. A running console
    reads the file when it starts.

    qh1a pin users.json anna --role operator

    Roles: an operator does everything; a second signs for another, and looks; an engineer acts before a
    patient is connected; viewer and service look. STOP and audio pause are everybody's, without a PIN.
    """
    with polite():
        from qh1a.cli.console import refuse_missing

        refuse_missing("pin")
        from qh1a.console.access import Role
        from qh1a.console.pins import write_user

        if role not in set(Role):
            raise RefusedError(where="--role", value=role, allowed=f"allowed {', '.join(Role)}")
        digits = _draw() if random else _ask()
        new = write_user(file, name, Role(role), digits)
    complain(f"{file}: {name} is {'now' if new else 'as before, with a new PIN,'} {role}")
    if random:
        typer.echo(digits)


def _draw() -> str:
    import secrets

    from qh1a.console.pins import DIGITS_LEAST, weak

    for _ in range(_TRIES):
        digits = "".join(secrets.choice("0123456789") for _ in range(DIGITS_LEAST))
        if not weak(digits):
            return digits
    raise RefusedError(where="--random", allowed="no PIN was drawn that is hard to guess")


def _ask() -> str:
    from qh1a.console.pins import weak

    first: str = typer.prompt("PIN", hide_input=True, err=True)
    if why := weak(first):
        raise RefusedError(where="PIN", allowed=why)
    second: str = typer.prompt("PIN again", hide_input=True, err=True)
    if first != second:
        raise RefusedError(where="PIN", allowed="the two are not the same")
    return first
