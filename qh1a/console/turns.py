"""What may be asked for as often as somebody likes, and still goes out one at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """For each key one call on its way, and one behind it, which answers everybody who asks meanwhile.

    They do not share the one on its way: what it asked for may have been undone before they asked.
    """

    def __init__(self) -> None:
        self._locks: dict[Hashable, asyncio.Lock] = {}
        self._behind: dict[Hashable, asyncio.Future[T]] = {}

    async def take(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """The answer of a call that began after this one: its own, or that of who waited already."""
        while (other := self._behind.get(key)) is not None:
            await asyncio.wait({other})
            if not other.cancelled():
                return other.result()
        lock = self._locks.setdefault(key, asyncio.Lock())
        mine = self._behind[key] = asyncio.get_running_loop().create_future()
        try:
            async with lock:
                del self._behind[key]
                found = await call()
            mine.set_result(found)
            return found
        finally:
            mine.cancel()  # who waits for one that did not come to its end asks itself
            if self._behind.get(key) is mine:
                del self._behind[key]
            if key not in self._behind and not lock.locked():
                self._locks.pop(key, None)
