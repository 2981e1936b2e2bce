"""The server in front of the app: how many connections there may be, and which goes when one more comes."""

import asyncio
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS_MOST: Final = 256


class Connection(H11Protocol):
    """It may say nothing for as long as it likes, but not where others have something to say.

    uvicorn waits for ever for a first request, and where it counts connections, those that are silent turn a
    STOP away. Here the one that does nothing, and has for longest, makes room.
    """

    since: float = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """As asyncio asks."""
        super().connection_made(transport)
        self.since = self.loop.time()
        if len(self.connections) > CONNECTIONS_MOST:
            others = (c for c in self.connections if isinstance(c, Connection) and c is not self and c.idle)
            oldest = min(others, key=lambda c: c.since, default=None)
            if oldest is not None:
                self.connections.discard(oldest)
                oldest.transport.abort()

    def on_response_complete(self) -> None:
        """As uvicorn asks."""
        self.since = self.loop.time()
        super().on_response_complete()

    @property
    def idle(self) -> bool:
        """Whether nothing whole was asked for, or the answer is not read."""
        return self.cycle is None or self.cycle.response_complete or self.flow.write_paused


def config(app: ASGIApp) -> uvicorn.Config:
    """How the console is served."""
    return uvicorn.Config(
        app, http=Connection, log_config=None, access_log=False, server_header=False, proxy_headers=False,
        ws="none", lifespan="on", timeout_graceful_shutdown=1, timeout_keep_alive=5,
        h11_max_incomplete_event_size=16 * 1024,
    )  # fmt: skip
