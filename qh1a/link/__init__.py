"""The one local socket of a running controller: its state out, an operator's intents in.

Lines of JSON over a Unix socket, each way. The controller listens; console, terminal view and telemetry
connect, say who they are, and get all there is to know four times a second. Only a console may ask for
anything, and each wish is answered by the tick that took it.
"""

from qh1a.link.client import LinkClient, LinkLostError
from qh1a.link.messages import LINE_MOST, SCHEMA, Answer, Delivered, Role, State, Status, Wish
from qh1a.link.server import Link, LinkTakenError

__all__ = [
    "LINE_MOST", "SCHEMA", "Answer", "Delivered", "Link", "LinkClient", "LinkLostError", "LinkTakenError",
    "Role", "State", "Status", "Wish",
]  # fmt: skip
