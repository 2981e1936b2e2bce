"""A minute of ticks as compressed streams, one blob per stream that does more than stand or climb evenly.

Each stream is stored as differences along time in the smallest integer that holds them. Streams with one
constant difference (clamps, codes, clocks: most of them) cost two numbers in the minute's index.
"""

import hashlib
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qh1a.record.codec import MINUTE, Counts, Layout, RecordError

OWN, STEADY, TWIN = 0, 1, 2
"""How a stream is kept in a minute: a blob of its own, first and step in the index, as the stream before."""

_WIDTHS: Final = (1, 2, 4, 8)
_DEFLATED: Final = 0x80
_SCALED: Final = 0x40
_HEAD: Final = struct.Struct("<Bq")
_UNIT: Final = struct.Struct("<q")
_TICKS: Final = struct.Struct("<I")


class Encoded(NamedTuple):
    """One minute: its blobs by stream number (`Layout.streams` is the index), and what the chain keeps."""

    blobs: dict[int, bytes]
    digest: str


class Index(NamedTuple):
    """What a minute says about its streams: ticks, and per stream how it is kept, first and step."""

    ticks: int
    kinds: NDArray[np.uint8]
    first: Counts
    step: Counts


def _deflate(raw: bytes) -> tuple[int, bytes]:
    small = zlib.compress(raw, 1)
    return (_DEFLATED, small) if len(small) < len(raw) else (0, raw)


def _kinds(layout: Layout, matrix: Counts, delta: Counts) -> NDArray[np.uint8]:
    kinds = np.full(matrix.shape[1], STEADY, dtype=np.uint8)
    if len(delta) > 1:
        kinds[(delta != delta[0]).any(axis=0)] = OWN
    # Channels of one device share their time stamps: such an age is that of the channel before.
    age = matrix[:, layout.age.all]
    ages = kinds[layout.age.all]
    ages[1:][(age[:, 1:] == age[:, :-1]).all(axis=0) & (ages[1:] == OWN)] = TWIN
    return kinds


def _units(deltas: Counts) -> Counts:
    """Per column the smallest step if every step is a multiple of it, else 1."""
    size = np.abs(deltas)
    smallest = np.where(size == 0, np.iinfo(np.int64).max, size).min(axis=0)
    smallest[smallest < 1] = 1
    units: Counts = np.where((deltas % smallest == 0).all(axis=0), smallest, 1)
    return units


def _widths(deltas: Counts) -> NDArray[np.uint8]:
    low, high = deltas.min(axis=0), deltas.max(axis=0)
    codes = np.full(deltas.shape[1], 3, dtype=np.uint8)
    for code in (2, 1, 0):
        limit = np.iinfo(f"i{_WIDTHS[code]}")
        codes[(low >= limit.min) & (high <= limit.max)] = code
    return codes


def encode(layout: Layout, matrix: Counts) -> Encoded:
    """A minute as blobs. Equal ticks give equal blobs; the digest does not depend on the compression."""
    delta: Counts = np.diff(matrix, axis=0)
    kinds = _kinds(layout, matrix, delta)
    steady = kinds == STEADY
    first = matrix[0, steady]
    step = delta[0, steady] if len(delta) else np.zeros_like(first)
    numbers = np.concatenate((first, step)).astype("<i8")
    index = _TICKS.pack(len(matrix)) + kinds.tobytes() + numbers.tobytes()
    flag, body = _deflate(index)
    blobs = {layout.streams: bytes((flag,)) + body}
    digest = hashlib.sha256(index)
    own = np.flatnonzero(kinds == OWN)
    if own.size:
        for stream, head, scale, raw in _own_streams(layout, own, matrix[0, own].tolist(), delta[:, own]):
            digest.update(_HEAD.pack(*head) + scale + raw)
            flag, body = _deflate(raw)
            blobs[stream] = _HEAD.pack(head[0] | flag, head[1]) + scale + body
    return Encoded(blobs, digest.hexdigest())


def _own_streams(
    layout: Layout, own: NDArray[np.int64], starts: list[int], deltas: Counts
) -> list[tuple[int, tuple[int, int], bytes, bytes]]:
    """Per stream, in order: its number, head, unit and difference bytes."""
    units = np.ones(own.size, dtype=np.int64)
    codes = _widths(deltas)
    # Time stamps step in whole ticks or milliseconds: in that unit they take a byte. Float bits never do.
    wide = np.flatnonzero((codes > 0) & ~((own >= layout.command.start) & (own < layout.command.stop)))
    if wide.size:
        units[wide] = _units(deltas[:, wide])
        deltas[:, wide] //= units[wide]
        codes[wide] = _widths(deltas[:, wide])
    raws = [b""] * own.size
    for code, size in enumerate(_WIDTHS):
        columns = np.flatnonzero(codes == code)
        if not columns.size:
            continue
        rows = np.ascontiguousarray(deltas[:, columns].T.astype(f"<i{size}")).view("u1")
        # Bytes of equal weight stand together: the upper ones hardly change and nearly vanish.
        planes = np.ascontiguousarray(rows.reshape(columns.size, -1, size).transpose(0, 2, 1))
        for column, plane in zip(columns.tolist(), planes, strict=True):
            raws[column] = plane.tobytes()
    return [
        (
            stream,
            (code | (_SCALED if unit != 1 else 0), start),
            _UNIT.pack(unit) if unit != 1 else b"",
            raw,
        )
        for stream, code, unit, start, raw in zip(
            own.tolist(), codes.tolist(), units.tolist(), starts, raws, strict=True
        )
    ]


def read_index(layout: Layout, blob: bytes) -> Index:
    """The index of a minute. Raises `RecordError` when it is damaged."""
    try:
        raw = zlib.decompress(blob[1:]) if blob[0] & _DEFLATED else blob[1:]
        (ticks,) = _TICKS.unpack_from(raw)
        kinds = np.frombuffer(raw, np.uint8, layout.streams, _TICKS.size)
        steady = kinds == STEADY
        numbers = np.frombuffer(raw, "<i8", -1, _TICKS.size + layout.streams).reshape(2, -1)
        first, step = np.zeros((2, layout.streams), dtype=np.int64)
        first[steady], step[steady] = numbers
    except (zlib.error, struct.error, ValueError, IndexError) as error:
        msg = f"damaged: {error}"
        raise RecordError(msg) from error
    if not 1 <= ticks <= MINUTE or (kinds > TWIN).any() or TWIN in kinds[[0, layout.age.start]]:
        msg = "damaged"
        raise RecordError(msg)
    return Index(ticks, kinds, first, step)


def read_own(blobs: Sequence[bytes], ticks: int) -> Counts:
    """Streams from their own blobs, one row each. Raises `RecordError` when one is damaged.

    Read together because numpy costs more per call than per number here.
    """
    out: Counts = np.empty((len(blobs), ticks), dtype=np.int64)
    units = np.ones((len(blobs), 1), dtype=np.int64)
    groups: dict[int, list[tuple[int, bytes]]] = {}
    try:
        for row, blob in enumerate(blobs):
            head, out[row, 0] = _HEAD.unpack_from(blob)
            at = _HEAD.size
            if head & _SCALED:
                (units[row, 0],) = _UNIT.unpack_from(blob, at)
                at += _UNIT.size
            raw = zlib.decompress(blob[at:]) if head & _DEFLATED else blob[at:]
            groups.setdefault(_WIDTHS[head & 0x0F], []).append((row, raw))
        for size, members in groups.items():
            rows, raws = zip(*members, strict=True)
            planes = np.frombuffer(b"".join(raws), np.uint8).reshape(len(rows), size, ticks - 1)
            deltas = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(f"<i{size}")[:, :, 0]
            out[rows, 1:] = deltas
    except (zlib.error, struct.error, ValueError, IndexError) as error:
        msg = f"damaged: {error}"
        raise RecordError(msg) from error
    out[:, 1:] *= units
    return np.cumsum(out, axis=1, out=out)


def decode(layout: Layout, index: Index, blobs: Mapping[int, bytes]) -> Counts:
    """A minute as it was encoded. Raises `RecordError` saying what is damaged or missing."""
    # Streams lie row by row in memory, as they are read and mostly used; the matrix is the view across.
    rows: Counts = index.first[:, None] + index.step[:, None] * np.arange(index.ticks, dtype=np.int64)
    own = np.flatnonzero(index.kinds == OWN).tolist()
    missing = [layout.names[stream] for stream in own if stream not in blobs]
    if missing:
        msg = f"{', '.join(missing)} missing"
        raise RecordError(msg)
    if own:
        rows[own] = read_own([blobs[stream] for stream in own], index.ticks)
    for stream in np.flatnonzero(index.kinds == TWIN).tolist():
        rows[stream] = rows[stream - 1]
    return rows.T
