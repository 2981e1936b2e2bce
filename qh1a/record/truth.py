"""What a simulated plant really did: now and then a row of numbers, chained like everything else.

Names, units and meanings are the caller's and stand in the header; nothing here knows a simulator. Replay
does not look at it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qh1a.record import chain
from qh1a.record.chain import Link
from qh1a.record.codec import RecordError


class TruthSignal(NamedTuple):
    """One number of a row."""

    id: str
    unit: str
    meaning: str


class TruthRows(NamedTuple):
    """The rows of a session: the tick of each, and a matrix of rows by signals."""

    ticks: NDArray[np.int64]
    values: NDArray[np.float64]


Row = tuple[int, bytes]
"""Tick and numbers as they are stored: float64, little-endian, in the header's order."""


def pack(signals: Sequence[TruthSignal], values: NDArray[np.float64]) -> bytes:
    """A row as it is stored. Raises `RecordError` when it is not one number per signal."""
    if values.shape != (len(signals),):
        msg = f"a row of truth has {len(signals)} numbers, not {values.size}"
        raise RecordError(msg)
    return values.astype("<f8").tobytes()


def content(blob: bytes) -> str:
    """What the chain keeps of a row."""
    return chain.canonical({"sha256": hashlib.sha256(blob).hexdigest()})


def unpack(signals: Sequence[TruthSignal], rows: Sequence[Row]) -> TruthRows:
    """The inverse of `pack` for rows in order. Raises `RecordError` naming the tick of a damaged one."""
    for tick, blob in rows:
        if len(blob) != 8 * len(signals):
            msg = f"truth: the row of tick {tick} has {len(blob)} bytes, not {8 * len(signals)}"
            raise RecordError(msg)
    values = np.frombuffer(b"".join(blob for _, blob in rows), "<f8").astype(np.float64)
    return TruthRows(np.array([tick for tick, _ in rows], np.int64), values.reshape(len(rows), len(signals)))


def problems(links: Iterable[Link], rows: Iterable[Row]) -> Iterator[str]:
    """Rows that are not those the chain was made for, and those that are missing."""
    kept = {link.tick: link for link in links if link.kind == chain.TRUTH}
    for tick, blob in rows:
        link = kept.pop(tick, None)
        if link is None:
            yield f"truth: the row of tick {tick} has no record"
        elif link.content != content(blob):
            yield f"truth: the row of tick {tick} is not that of record {link.n}"
    for tick, link in kept.items():
        yield f"truth: the row of tick {tick}, record {link.n}, is missing"
