"""Lines on which nothing is asked do not stand in the way of those on which something is."""

from asyncio import Transport
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

ASK_S: Final = 5.0


class PromptProtocol(H11Protocol):
    """Closes a connection whose first request has not come whole after `ASK_S`.

    uvicorn waits for it for ever; who connects and says nothing would take every connection there is.
    """

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """As asyncio asks."""
        super().connection_made(transport)
        self.loop.call_later(ASK_S, self._asked)

    def _asked(self) -> None:
        begun: object = self.cycle  # uvicorn calls it a cycle before there is one
        if begun is None:
            self.transport.close()
