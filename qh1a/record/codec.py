"""Ticks to raw blocks, to a matrix of integers, and back.

Tuples become a `Block` of bytes in bulk (`pack`); a minute of blocks becomes one matrix of 64-bit integers,
one column per stream (`counts`). Nothing is lost: values are counts of their channel's grid, commands are
the bit patterns of their floats. docs/session-file.md says the same in words.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qh1a.tick import Decision, Frame

MINUTE: Final = 600
"""Ticks in a chunk. Boundaries are counted in ticks, never in wall time: equal runs give equal chunks."""

Counts = NDArray[np.int64]
"""Ticks by streams; what each column means is in `Layout`."""

# Outside the range of counts (2**53), so they cost nothing and cannot be met by accident.
_MINUS_ZERO: Final = -(1 << 62)
_NO_NUMBER: Final = -(1 << 62) - 1
_COUNT_LIMIT: Final = float(1 << 53)


class RecordError(Exception):
    """The session file cannot be written or read as asked; the text says what and where."""


class Span(NamedTuple):
    """Consecutive streams."""

    start: int
    stop: int

    @property
    def all(self) -> "slice[int, int, None]":
        """Their columns in a matrix."""
        return slice(self.start, self.stop)


class Signal(NamedTuple):
    """One channel as the file knows it."""

    id: str
    unit: str
    lsb: float


@dataclass(frozen=True)
class Layout:
    """The streams of a file, in order: now, lease, then per channel and actuator as `names` lists them."""

    measured: tuple[Signal, ...]
    derived: tuple[Signal, ...]
    actuators: tuple[str, ...]
    now: int = field(init=False, default=0)
    lease: int = field(init=False, default=1)
    value: Span = field(init=False)
    age: Span = field(init=False)
    quality: Span = field(init=False)
    command: Span = field(init=False)
    estimate: Span = field(init=False)
    estimate_quality: Span = field(init=False)
    streams: int = field(init=False)
    measured_lsb: NDArray[np.float64] = field(init=False, repr=False, compare=False)
    derived_lsb: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        at = 2
        groups = (
            ("value", len(self.measured)),
            ("age", len(self.measured)),
            ("quality", len(self.measured)),
            ("command", len(self.actuators)),
            ("estimate", len(self.derived)),
            ("estimate_quality", len(self.derived)),
        )
        for name, size in groups:
            object.__setattr__(self, name, Span(at, at + size))
            at += size
        object.__setattr__(self, "streams", at)
        for name, signals in (("measured_lsb", self.measured), ("derived_lsb", self.derived)):
            object.__setattr__(self, name, np.array([s.lsb for s in signals], dtype=np.float64))

    @property
    def names(self) -> tuple[str, ...]:
        """The streams by name; a stream's number in the file is its place here."""
        return (
            "now",
            "lease",
            *(f"value/{s.id}" for s in self.measured),
            *(f"age/{s.id}" for s in self.measured),
            *(f"quality/{s.id}" for s in self.measured),
            *(f"command/{a}" for a in self.actuators),
            *(f"derived/{s.id}" for s in self.derived),
            *(f"derived-quality/{s.id}" for s in self.derived),
        )


class Block(NamedTuple):
    """Raw ticks, group by group, little-endian: what `tail` holds."""

    now: bytes
    until: bytes
    value: bytes
    at: bytes
    quality: bytes
    command: bytes
    derived: bytes
    derived_quality: bytes

    @property
    def ticks(self) -> int:
        """How many ticks it holds."""
        return len(self.now) // 8


class Decided(NamedTuple):
    """The decisions of some ticks, raw."""

    until: bytes
    command: bytes
    derived: bytes
    derived_quality: bytes


def _rows(code: str, size: int, rows: Iterable[tuple[float, ...]]) -> bytes:
    return b"".join(starmap(struct.Struct(f"<{size}{code}").pack, rows))


def _codes(what: str, size: int, rows: Sequence[tuple[int, ...]]) -> bytes:
    # Qualities hardly ever change: comparing tuples of the same small integers is cheaper than packing them.
    same = rows.count(rows[0]) == len(rows)
    packed = bytes(rows[0]) * len(rows) if same else b"".join(map(bytes, rows))
    if len(packed) != size * len(rows):
        msg = f"a tick does not have {size} values of {what}"
        raise RecordError(msg)
    return packed


def pack_decisions(layout: Layout, decisions: Sequence[Decision]) -> Decided:
    """Decisions as raw bytes. Raises `RecordError` when one does not have the layout's shape."""
    commands, _, _, _, derived, quality = zip(*decisions, strict=True)
    until, command = zip(*commands, strict=True)
    n = len(decisions)
    try:
        return Decided(
            struct.pack(f"<{n}q", *until),
            _rows("d", len(layout.actuators), command),
            _rows("d", len(layout.derived), derived),
            _codes("derived quality", len(layout.derived), quality),
        )
    except (struct.error, ValueError, TypeError) as error:
        msg = f"a decision cannot be recorded: {error}"
        raise RecordError(msg) from error


def pack(layout: Layout, frames: Sequence[Frame], decisions: Sequence[Decision]) -> Block:
    """Ticks as raw bytes. Raises `RecordError` when one does not have the layout's shape."""
    now, value, at, quality = zip(*frames, strict=True)
    size = len(layout.measured)
    decided = pack_decisions(layout, decisions)
    try:
        return Block(
            struct.pack(f"<{len(frames)}q", *now),
            decided.until,
            _rows("d", size, value),
            _rows("q", size, at),
            _codes("quality", size, quality),
            decided.command,
            decided.derived,
            decided.derived_quality,
        )
    except (struct.error, ValueError, TypeError) as error:
        msg = f"a frame cannot be recorded: {error}"
        raise RecordError(msg) from error


def join(blocks: Sequence[Block]) -> Block:
    """Consecutive blocks as one."""
    return blocks[0] if len(blocks) == 1 else Block(*map(b"".join, zip(*blocks, strict=True)))


def block_blob(block: Block) -> bytes:
    """A block as one blob of `tail`: its groups one after the other."""
    return b"".join(block)


def blob_block(layout: Layout, blob: bytes) -> Block:
    """The inverse of `block_blob`. Raises `RecordError` when the length fits no whole number of ticks."""
    measured, derived, actuators = len(layout.measured), len(layout.derived), len(layout.actuators)
    sizes = (8, 8, 8 * measured, 8 * measured, measured, 8 * actuators, 8 * derived, derived)
    ticks, rest = divmod(len(blob), sum(sizes))
    if rest or not ticks:
        msg = f"{len(blob)} bytes are no whole number of ticks"
        raise RecordError(msg)
    groups = []
    start = 0
    for size in sizes:
        groups.append(blob[start : start + size * ticks])
        start += size * ticks
    return Block(*groups)


def _matrix(raw: bytes, dtype: str, ticks: int) -> NDArray[np.int64]:
    return np.frombuffer(raw, dtype).reshape(ticks, -1)


def grid_counts(raw: bytes, lsb: NDArray[np.float64], ticks: int) -> tuple[NDArray[np.float64], Counts]:
    """Values and their nearest counts; what is no number gets a count that no number has."""
    values = np.frombuffer(raw, "<f8").reshape(ticks, lsb.size)
    with np.errstate(over="ignore", invalid="ignore"):
        counts = np.rint(values / lsb)
    usable = np.abs(counts) < _COUNT_LIMIT
    if usable.all():
        return values, counts.astype(np.int64)
    return values, np.where(usable, np.where(usable, counts, 0.0).astype(np.int64), _NO_NUMBER)


def _on_grid(values: NDArray[np.float64], counts: Counts, signals: Sequence[Signal], first: int) -> None:
    lsb = np.array([s.lsb for s in signals])
    wrong = (counts * lsb != values) | (counts == _NO_NUMBER)
    if wrong.any():
        tick, channel = (int(i) for i in np.argwhere(wrong)[0])
        signal = signals[channel]
        msg = (
            f"{signal.id} at tick {first + tick}: {float(values[tick, channel])!r} is no multiple of"
            f" its grid, {signal.lsb!r} {signal.unit}"
        )
        raise RecordError(msg)


def counts(layout: Layout, block: Block, first: int = 0, *, strict: bool = True) -> Counts:
    """A block as integers, one column per stream; `first` is the number of its first tick.

    Strict, a measured value off its channel's grid and a derived value that is no number raise
    `RecordError`, naming the channel and the tick.
    """
    n = block.ticks
    out: Counts = np.empty((n, layout.streams), dtype=np.int64)
    now = np.frombuffer(block.now, "<i8")
    out[:, layout.now] = now
    np.subtract(np.frombuffer(block.until, "<i8"), now, out=out[:, layout.lease])
    values, grid = grid_counts(block.value, layout.measured_lsb, n)
    if strict:
        _on_grid(values, grid, layout.measured, first)
    # -0.0 is on every grid, but 0 * lsb is not it, and a decision may see the sign.
    minus = (grid == 0) & np.signbit(values)
    if minus.any():
        grid[minus] = _MINUS_ZERO
    out[:, layout.value.all] = grid
    np.subtract(now[:, None], _matrix(block.at, "<i8", n), out=out[:, layout.age.all])
    out[:, layout.quality.all] = _matrix(block.quality, "u1", n)
    decided = Decided(block.until, block.command, block.derived, block.derived_quality)
    decided_counts(layout, decided, out, first, strict=strict)
    return out


def decided_counts(
    layout: Layout, decided: Decided, out: Counts, first: int = 0, *, strict: bool = True
) -> None:
    """Fill the columns of commands and derived values of `out`."""
    n = len(out)
    out[:, layout.command.all] = _matrix(decided.command, "<i8", n)
    values, grid = grid_counts(decided.derived, layout.derived_lsb, n)
    if strict and (grid == _NO_NUMBER).any():
        tick, channel = (int(i) for i in np.argwhere(grid == _NO_NUMBER)[0])
        msg = f"{layout.derived[channel].id} at tick {first + tick}: {float(values[tick, channel])!r}"
        raise RecordError(msg)
    out[:, layout.estimate.all] = grid
    out[:, layout.estimate_quality.all] = _matrix(decided.derived_quality, "u1", n)


def values_of(grid: Counts, lsb: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Counts as values, exactly those that were recorded."""
    values: NDArray[np.float64] = np.multiply(grid, lsb, dtype=np.float64)
    odd = grid <= _MINUS_ZERO
    if odd.any():
        values[odd] = np.where(grid[odd] == _MINUS_ZERO, -0.0, np.nan)
    return values


def frames_of(layout: Layout, matrix: Counts) -> Iterator[Frame]:
    """The frames of a minute, as they were put."""
    now = np.ascontiguousarray(matrix[:, layout.now])
    value = values_of(matrix[:, layout.value.all], layout.measured_lsb)
    at = now[:, None] - matrix[:, layout.age.all]
    quality = matrix[:, layout.quality.all].astype("u1")
    return _frames(layout, now.tobytes(), value.tobytes(), at.tobytes(), quality.tobytes())


def decided_of(
    layout: Layout, matrix: Counts
) -> Iterator[tuple[int, tuple[float, ...], tuple[int, ...], tuple[int, ...]]]:
    """Per tick of a minute: end of the lease, commands, derived counts, derived qualities."""
    until = matrix[:, layout.now] + matrix[:, layout.lease]
    derived, quality = matrix[:, layout.estimate.all], matrix[:, layout.estimate_quality.all]
    return zip(
        until.tolist(),
        struct.iter_unpack(f"<{len(layout.actuators)}d", matrix[:, layout.command.all].tobytes()),
        struct.iter_unpack(f"<{len(layout.derived)}q", derived.tobytes()),
        struct.iter_unpack(f"<{len(layout.derived)}B", quality.astype("u1").tobytes()),
        strict=True,
    )


def block_frames(layout: Layout, block: Block) -> Iterator[Frame]:
    """The frames of a raw block, as they were put, on the grid or not."""
    return _frames(layout, block.now, block.value, block.at, block.quality)


def _frames(layout: Layout, now: bytes, value: bytes, at: bytes, quality: bytes) -> Iterator[Frame]:
    size = len(layout.measured)
    rows = zip(
        struct.unpack(f"<{len(now) // 8}q", now),
        struct.iter_unpack(f"<{size}d", value),
        struct.iter_unpack(f"<{size}q", at),
        struct.iter_unpack(f"<{size}B", quality),
        strict=True,
    )
    # One at a time: frames that die young cost the garbage collector nothing.
    return map(Frame._make, rows)
