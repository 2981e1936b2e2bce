"""The wires of telemetry: states from the link, messages to the broker."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Final

import aiomqtt

from qh1a.link import LinkClient, LinkLostError
from qh1a.mqtt.allowed import pseudonym
from qh1a.mqtt.broker import Broker
from qh1a.mqtt.outbox import Message, Outbox, Status

DELAY_MOST_S: Final = 30.0
FAREWELL_S: Final = 10.0
"""For what still waits when the session is over."""
_DELAY_S: Final = 0.5
_HURRY_S: Final = 1.0
"""Between two attempts when the session is over."""
_ANSWER_S: Final = 10.0
_GOODBYE_S: Final = 2.0
_UNREACHABLE: Final = (aiomqtt.MqttError, OSError)


class Ending(Enum):
    """How telemetry ended."""

    ENDED = "the session has ended and everything was published"
    LOST = "the controller is gone"
    UNSENT = "the session is over, but the broker did not take everything"


def delay_s(failures: int) -> float:
    """Seconds until the next attempt after so many that failed in a row."""
    return min(DELAY_MOST_S, _DELAY_S * 2.0 ** min(failures - 1, 10))


class _Publisher:
    """One session's telemetry."""

    def __init__(self, broker: Broker, outbox: Outbox, tell: Callable[[str], None]) -> None:
        self._broker, self._outbox, self._tell = broker, outbox, tell
        self._tls = broker.context()
        self._news = asyncio.Event()
        self._over = asyncio.Event()

    async def listen(self, client: LinkClient) -> None:
        """Until the session has ended or the link is lost."""
        with suppress(LinkLostError):
            while not self._outbox.ended:
                self._outbox.hear(await client.state())
                self._news.set()
        self._over.set()
        self._news.set()

    async def publish(self) -> None:
        """Until the session is over and everything is published; the broker may come and go."""
        failures = 0
        while True:
            try:
                async with self._client() as client:
                    await _send(client, self._outbox.status(Status.ONLINE))
                    if failures:
                        self._tell(f"{self._where}: connected again")
                    failures = 0
                    await self._pump(client)
            except _UNREACHABLE as error:
                self._outbox.failed()
                failures += 1
                if failures == 1:
                    self._tell(f"{self._where}: {error}, trying again")
            else:
                return
            await self._pause(failures)

    @property
    def _where(self) -> str:
        return f"{self._broker.host}:{self._broker.port}"

    def _client(self) -> aiomqtt.Client:
        will = self._outbox.status(Status.OFFLINE)
        return aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            identifier=self._broker.client_id,
            keepalive=self._broker.keepalive_s,
            will=aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain),
            tls_context=self._tls,
            timeout=_ANSWER_S,
        )

    async def _pump(self, client: aiomqtt.Client) -> None:
        try:
            while True:
                self._news.clear()
                while (message := self._outbox.take()) is not None:
                    await _send(client, message)
                    self._outbox.done()
                if self._over.is_set():
                    break
                await self._news.wait()
        except asyncio.CancelledError:
            # A proper goodbye takes the last will back, so its words are said here.
            with suppress(*_UNREACHABLE):
                await _send(client, self._outbox.status(Status.OFFLINE), _GOODBYE_S)
            raise
        await _send(client, self._outbox.status(Status.ENDED if self._outbox.ended else Status.OFFLINE))

    async def _pause(self, failures: int) -> None:
        """Before the next attempt; the end of the session cuts a long wait short."""
        if self._over.is_set():
            await asyncio.sleep(_HURRY_S)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s(failures)):
                await self._over.wait()


async def _send(client: aiomqtt.Client, message: Message, within_s: float = _ANSWER_S) -> None:
    await client.publish(message.topic, message.payload, qos=1, retain=message.retain, timeout=within_s)


async def publish(client: LinkClient, broker: Broker, tell: Callable[[str], None]) -> Ending:
    """Publish a session to its end. Raises `LinkLostError` for one that does not say which it is.

    `tell` hears when the broker goes and comes back.
    """
    config, seed = client.about.get("config"), client.about.get("seed")
    if not isinstance(config, str) or not isinstance(seed, int):
        msg = "the controller does not say which session it runs"
        raise LinkLostError(msg)
    outbox = Outbox(broker.prefix, pseudonym(config, seed), client.about.get("plant"))
    publisher = _Publisher(broker, outbox, tell)
    sending = asyncio.create_task(publisher.publish())
    try:
        listening = asyncio.create_task(publisher.listen(client))
        try:
            # Publishing that ends first has failed in a way that is our own mistake.
            await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                await listening
            await asyncio.wait({sending}, timeout=FAREWELL_S)
        finally:
            await _stop(listening)
        if not sending.done():
            return Ending.UNSENT
        await sending
    finally:
        await _stop(sending)
    return Ending.ENDED if outbox.ended else Ending.LOST


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
