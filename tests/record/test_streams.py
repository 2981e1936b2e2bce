"""The stored form itself: what a minute becomes, and that it stays readable and the same."""

import zlib

import numpy as np
import pytest

from qh1a.record import RecordError
from qh1a.record.codec import Counts, Layout, Signal
from qh1a.record.streams import OWN, STEADY, TWIN, decode, encode, read_index

SMALL = Layout((Signal("A", "mL", 0.1), Signal("B", "mL", 0.5)), (Signal("C", "s", 1.0),), ("X",))
NOW, LEASE, VALUE_A, VALUE_B, AGE_A, AGE_B, QUALITY_A, _, COMMAND, DERIVED, _ = range(SMALL.streams)
T = np.arange(20)
PINNED = "9e7383498d5f6400a9241637ddfdf4d1f09d10bbbce865a0fa0fc0e9cdc5cfb5"


def minute(**columns: Counts) -> Counts:
    matrix = np.zeros((20, SMALL.streams), dtype=np.int64)
    matrix[:, NOW] = 5 + T * 100
    for name, column in columns.items():
        matrix[:, globals()[name]] = column
    return matrix


def own(matrix: Counts) -> dict[int, bytes]:
    blobs = encode(SMALL, matrix).blobs
    index = read_index(SMALL, blobs[SMALL.streams])
    assert np.array_equal(decode(SMALL, index, blobs), matrix)
    return {stream: blob for stream, blob in blobs.items() if stream != SMALL.streams}


def body(blob: bytes, at: int = 9) -> bytes:
    return zlib.decompress(blob[at:]) if blob[0] & 0x80 else blob[at:]


def test_what_stands_or_climbs_evenly_needs_no_blob() -> None:
    assert own(minute(VALUE_A=np.full(20, 7), VALUE_B=3 - 2 * T)) == {}


def test_ages_of_one_device_are_kept_once() -> None:
    wave = T % 3
    assert set(own(minute(AGE_A=wave, AGE_B=wave, VALUE_A=wave, VALUE_B=wave))) == {VALUE_A, VALUE_B, AGE_A}
    kinds = read_index(SMALL, encode(SMALL, minute(AGE_A=wave, AGE_B=wave)).blobs[SMALL.streams]).kinds
    assert (kinds[NOW], kinds[AGE_A], kinds[AGE_B], kinds[QUALITY_A]) == (STEADY, OWN, TWIN, STEADY)
    kinds = read_index(SMALL, encode(SMALL, minute()).blobs[SMALL.streams]).kinds
    assert (kinds == STEADY).all()


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_width_is_the_smallest_that_holds_every_step(bits: int, sign: int) -> None:
    edge = 2 ** (bits - 1) - (1 if sign > 0 else 0)
    narrow, wide = minute(VALUE_A=np.where(T < 9, 3, sign * edge + 3)), minute()
    # 1 as a second step keeps the unit at 1.
    narrow[15:, VALUE_A] += 1
    wide[:, VALUE_A] = narrow[:, VALUE_A] + np.where(T < 9, 0, sign)
    width = {8: 0, 16: 1, 32: 2}[bits]
    assert own(narrow)[VALUE_A][0] & 0x0F == width
    assert own(wide)[VALUE_A][0] & 0x0F == width + 1


def test_whole_steps_are_counted_in_their_unit() -> None:
    blob = own(minute(AGE_A=(T % 4) * 100_000_000))[AGE_A]
    assert blob[0] & 0x4F == 0x40
    assert int.from_bytes(blob[9:17], "little") == 100_000_000
    assert body(blob, 17) == bytes([1, 1, 1, 256 - 3] * 4 + [1, 1, 1])


def test_extreme_integers_survive() -> None:
    edge = np.where(T % 2, np.iinfo(np.int64).max, np.iinfo(np.int64).min)
    own(minute(AGE_A=edge, COMMAND=edge, VALUE_A=edge // 2))


def test_noise_keeps_its_low_bytes_as_they_are() -> None:
    bits = (1.0 / (T + 3.0)).view(np.int64)
    blob = own(minute(COMMAND=bits))[COMMAND]
    low = np.diff(bits).astype("<i8").view("u1").reshape(19, 8).T[:5].tobytes()
    assert blob[0] & 0x2F == 0x23
    assert blob[9 : 9 + 5 * 19] == low


def test_the_digest_pins_the_form() -> None:
    """A changed constant here means that files of before no longer verify: raise the schema number."""
    wave = T * T % 7
    matrix = minute(
        LEASE=T % 2,
        VALUE_A=wave,
        VALUE_B=wave * 300,
        AGE_A=wave * 1000,
        AGE_B=wave * 1000,
        COMMAND=wave << 50,
    )
    assert encode(SMALL, matrix).digest == PINNED
    assert encode(SMALL, matrix + np.eye(1, SMALL.streams, DERIVED, dtype=np.int64)).digest != PINNED


@pytest.mark.parametrize("ticks", [1, 2])
def test_the_shortest_minutes_are_steady(ticks: int) -> None:
    assert own_of(minute(VALUE_A=T * T + 1)[:ticks]) == {SMALL.streams}


def own_of(matrix: Counts) -> set[int]:
    blobs = encode(SMALL, matrix).blobs
    assert np.array_equal(decode(SMALL, read_index(SMALL, blobs[SMALL.streams]), blobs), matrix)
    return set(blobs)


@pytest.mark.parametrize("stream", [NOW, VALUE_A, AGE_A, QUALITY_A])
def test_a_twin_where_none_can_be_is_damage(stream: int) -> None:
    wave = T * T % 7
    matrix = minute(VALUE_A=wave, AGE_A=wave, QUALITY_A=wave)
    matrix[:, NOW] += wave
    raw = bytearray(body(encode(SMALL, matrix).blobs[SMALL.streams], 1))
    assert raw[4 + stream] == OWN
    raw[4 + stream] = TWIN
    with pytest.raises(RecordError, match="damaged"):
        read_index(SMALL, b"\x00" + bytes(raw))
