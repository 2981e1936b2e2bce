"""`qh1a mqtt`: publish a running session to an MQTT broker."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qh1a.cli.say import DONE, FAILED, INTERRUPTED, complain, polite

if TYPE_CHECKING:
    from qh1a.mqtt.broker import Broker
    from qh1a.mqtt.publisher import Ending


def mqtt(
    socket: Annotated[Path, typer.Argument(help="Socket of a running session.")],
    *,
    broker: Annotated[str, typer.Option(help="A file, or a shipped name such as local.toml.")],
) -> None:
    """Publish a running session to an MQTT broker; nothing is ever received."""
    with polite():
        _refuse_missing()
        from qh1a.config import resolve
        from qh1a.mqtt.broker import load_broker
        from qh1a.mqtt.publisher import Ending

        where = load_broker(resolve(broker, "telemetry"))
        try:
            ending = asyncio.run(_publish(socket, where))
        except asyncio.CancelledError:
            complain("interrupted: telemetry has stopped, the session goes on")
            raise typer.Exit(INTERRUPTED) from None
        if ending is not Ending.ENDED:
            complain(f"{socket}: {ending.value}")
    raise typer.Exit(DONE if ending is Ending.ENDED else FAILED)


def _refuse_missing() -> None:
    from importlib.util import find_spec

    from qh1a.cli.say import RefusedError

    if find_spec("aiomqtt") is None:
        raise RefusedError(where="qh1a mqtt", allowed="aiomqtt is not installed: pip install 'qh1a[mqtt]'")


async def _publish(socket: Path, broker: "Broker") -> "Ending":
    from qh1a.link import LinkClient, Role
    from qh1a.mqtt.publisher import publish

    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    async with LinkClient(socket, Role.MQTT, "telemetry") as client:
        return await publish(client, broker, complain)
