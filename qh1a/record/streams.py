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
_NOISY: Final = 0x20
_NOISE_PLANES: Final = (0, 0, 2, 5)
"""How many of its lower bytes a noisy stream keeps as they are, by width: deflating noise only costs time."""
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


class _Own(NamedTuple):
    """A stream on its way into its blob. `raw` holds its differences, bytes of equal weight together."""

    stream: int
    code: int
    start: int
    unit: int
    noisy: bool
    raw: bytes

    def head(self) -> bytes:
        """What the digest covers beside `raw`."""
        if self.unit == 1:
            return _HEAD.pack(self.code, self.start)
        return _HEAD.pack(self.code | _SCALED, self.start) + _UNIT.pack(self.unit)

    def blob(self) -> bytes:
        """The stream as it is stored."""
        head, raw = self.head(), self.raw
        if not self.noisy:
            flag, body = _deflate(raw)
        elif self.code == 0:
            # Of a byte of noise Huffman codes save a quarter, at more time than all else in the stream takes.
            flag, body = 0, raw
        else:
            cut = len(raw) // _WIDTHS[self.code] * _NOISE_PLANES[self.code]
            flag, body = _deflate(raw[cut:], zlib.Z_HUFFMAN_ONLY)
            flag, body = flag | _NOISY, raw[:cut] + body
        return bytes((head[0] | flag,)) + head[1:] + body


def _deflate(raw: bytes, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> tuple[int, bytes]:
    if strategy == zlib.Z_DEFAULT_STRATEGY:
        small = zlib.compress(raw, 1)
    else:
        # No search, so no window: a small state is quicker to set up.
        deflater = zlib.compressobj(1, zlib.DEFLATED, 10, 5, strategy)
        small = deflater.compress(raw) + deflater.flush()
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
        for one in _own_streams(layout, own, matrix[0, own].tolist(), delta[:, own]):
            digest.update(one.head() + one.raw)
            blobs[one.stream] = one.blob()
    return Encoded(blobs, digest.hexdigest())


def _own_streams(layout: Layout, own: NDArray[np.int64], starts: list[int], deltas: Counts) -> list[_Own]:
    units = np.ones(own.size, dtype=np.int64)
    codes = _widths(deltas)
    noisy = np.count_nonzero(deltas, axis=0) > len(deltas) // 2
    # Time stamps step in whole ticks or milliseconds: in that unit they take a byte. Float bits never do.
    wide = np.flatnonzero((codes > 0) & ~((own >= layout.command.start) & (own < layout.command.stop)))
    if wide.size:
        units[wide] = _units(deltas[:, wide])
        deltas[:, wide] //= units[wide]
        codes[wide] = _widths(deltas[:, wide])
    # Ages run in patterns, which a search finds and Huffman codes alone do not.
    noisy &= (units == 1) & ~((own >= layout.age.start) & (own < layout.age.stop) & (codes == 0))
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
    columns_ = (own.tolist(), codes.tolist(), starts, units.tolist(), noisy.tolist(), raws)
    return [_Own(*fields) for fields in zip(*columns_, strict=True)]


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
    twins = np.flatnonzero(kinds == TWIN)
    misplaced = ((twins <= layout.age.start) | (twins >= layout.age.stop)).any()
    if not 1 <= ticks <= MINUTE or (kinds > TWIN).any() or misplaced:
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
            code = head & 0x0F
            cut = at + (ticks - 1) * _NOISE_PLANES[code] if head & _NOISY else at
            raw = zlib.decompress(blob[cut:]) if head & _DEFLATED else blob[cut:]
            groups.setdefault(_WIDTHS[code], []).append((row, blob[at:cut] + raw))
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
