import math
import re
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.record import Recorder, RecordError, SessionFile
from qh1a.record.codec import counts as to_counts
from qh1a.record.codec import pack
from qh1a.record.header import this_layout
from qh1a.record.streams import decode, encode, read_index
from qh1a.tick import Actuator, Event, EventCode, Intent, IntentName, Quality
from tests.record.ticks import DERIVED_LSB, HEADER, StillClock, Tick, bits, lively, tick, write

COUNTS = st.one_of(st.integers(-3, 3), st.integers(-40_000, 40_000), st.integers(-(2**52), 2**52))
AGES = st.one_of(
    st.just(0), st.integers(-20, 20).map(lambda t: t * 100_000_000), st.integers(-(2**62), 2**61)
)
T = TypeVar("T")
FLOATS = st.floats(allow_nan=True, allow_infinity=True)


def patterns(values: st.SearchStrategy[T]) -> st.SearchStrategy[list[list[T]]]:
    return st.lists(st.lists(values, min_size=1, max_size=9), min_size=1, max_size=6)


def same(file: SessionFile, ticks: list[Tick]) -> None:
    read = list(file.ticks_iter())
    assert file.ticks == len(read) == len(ticks)
    for (frame, intents, got), (put, put_intents, decision) in zip(read, ticks, strict=True):
        assert frame == put
        assert bits(frame.value) == bits(put.value)
        assert intents == put_intents
        assert got.commands.valid_until == decision.commands.valid_until
        assert bits(got.commands.value) == bits(decision.commands.value)
        assert got.derived == tuple(
            round(v / lsb) for v, lsb in zip(decision.derived, DERIVED_LSB, strict=True)
        )
        assert got.derived_quality == decision.derived_quality
        assert got.events == decision.events


@settings(max_examples=40)
@given(
    n=st.sampled_from([1, 2, 3, 10]),
    counts=patterns(COUNTS),
    ages=patterns(AGES),
    commands=patterns(FLOATS),
)
def test_a_minute_comes_back_bit_for_bit(
    n: int, counts: list[list[int]], ages: list[list[int]], commands: list[list[float]]
) -> None:
    layout = this_layout()
    ticks = [tick(k, counts, ages, commands) for k in range(n)]
    matrix = to_counts(layout, pack(layout, [t[0] for t in ticks], [t[2] for t in ticks]))
    blobs, _ = encode(layout, matrix)
    assert np.array_equal(decode(layout, read_index(layout, blobs[layout.streams]), blobs), matrix)


@settings(max_examples=15)
@given(
    n=st.sampled_from([1, 2, 7]),
    closed=st.booleans(),
    counts=patterns(COUNTS),
    ages=patterns(AGES),
    commands=patterns(FLOATS),
    value=FLOATS,
    text=st.text(),
)
def test_a_session_comes_back_bit_for_bit(
    n: int,
    closed: bool,
    counts: list[list[int]],
    ages: list[list[int]],
    commands: list[list[float]],
    value: float,
    text: str,
) -> None:
    intent = Intent(4, IntentName.SET, "q_b", value if math.isfinite(value) else math.inf, text, text)
    event = Event(EventCode.ENTERED, text, -0.0, text)
    ticks = [tick(k, counts, ages, commands, (event,) * (k % 3), (intent,) * (k % 2)) for k in range(n)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s.qh1a"
        recorder = Recorder(path, HEADER, StillClock())
        for frame, intents, decision in ticks:
            recorder.put(frame, intents, decision)
        recorder.commit()
        if closed:
            recorder.close({})
        with SessionFile(path) as file:
            same(file, ticks)
            assert file.verify() == []
            assert file.head == recorder.head
        recorder.close({})


@pytest.mark.parametrize("n", [0, 1, 599, 600, 601, 1201])
def test_any_length_open_and_closed(tmp_path: Path, n: int) -> None:
    path = tmp_path / "s.qh1a"
    ticks = [lively(k) for k in range(n)]
    recorder = Recorder(path, HEADER, StillClock())
    for frame, intents, decision in ticks:
        recorder.put(frame, intents, decision)
    recorder.commit()
    with SessionFile(path) as file:
        same(file, ticks)
        assert file.verify() == []
        assert not file.labels.keys() & {"ended"}
    recorder.close({"late_ticks": "3"})
    with SessionFile(path) as file:
        same(file, ticks)
        assert file.verify() == []
        assert file.labels["late_ticks"] == "3"
        assert file.labels.keys() >= {"started", "ended"}


def test_series_are_the_columns_of_the_ticks(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    ticks = [lively(k) for k in range(1300)]
    write(path, ticks)
    with SessionFile(path) as file:
        assert file.header == HEADER
        assert file.now_s().tolist() == pytest.approx([k / 10 for k in range(1300)])
        for channel in Channel:
            series, quality = file.series(channel), file.quality(channel)
            assert series.dtype == np.float64
            assert quality.dtype == np.uint8
            if channel < N_MEASURED:
                assert series.tolist() == [t[0].value[channel] for t in ticks]
                assert quality.tolist() == [t[0].quality[channel] for t in ticks]
            else:
                at = channel - N_MEASURED
                assert series == pytest.approx([t[2].derived[at] for t in ticks], abs=DERIVED_LSB[at] / 2)
                assert quality.tolist() == [t[2].derived_quality[at] for t in ticks]
        for actuator in Actuator:
            assert file.commands(actuator).tolist() == [t[2].commands.value[actuator] for t in ticks]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -0.0, 0.1, 1e308])
def test_any_figure_of_an_operator_is_kept(tmp_path: Path, value: float) -> None:
    intent, event = Intent(1, IntentName.ENTER, "sample_ml", value), Event(EventCode.ENTERED, "", value)
    write(tmp_path / "s.qh1a", [lively(0, (event,), (intent,))])
    with SessionFile(tmp_path / "s.qh1a") as file:
        assert [bits((record.what.value,)) for record in file.records()] == [bits((value,))] * 2
        assert file.verify() == []


def test_minus_zero_keeps_its_sign(tmp_path: Path) -> None:
    frame, _, decision = tick(0)
    value = list(frame.value)
    value[Channel.N_BP] = -0.0
    ticks: list[Tick] = [(frame._replace(value=tuple(value)), (), decision), tick(1)]
    write(tmp_path / "s.qh1a", ticks)
    with SessionFile(tmp_path / "s.qh1a") as file:
        same(file, ticks)
        assert np.signbit(file.series(Channel.N_BP)).tolist() == [True, False]


@pytest.mark.parametrize("wrong", [0.05, math.nan, math.inf, 1e300])
@pytest.mark.parametrize("where", [0, 599, 601])
def test_a_value_off_the_grid_is_refused_by_name_and_kept_raw(
    tmp_path: Path, wrong: float, where: int
) -> None:
    path = tmp_path / "s.qh1a"
    ticks = [lively(k) for k in range(603)]
    frame, _, decision = ticks[where]
    value = list(frame.value)
    value[Channel.P_VEN] = wrong
    ticks[where] = (frame._replace(value=tuple(value)), (), decision)
    recorder = Recorder(path, HEADER, StillClock())
    refused = re.escape(f"P_ven at tick {where}: {wrong!r} ")
    if where < 600:
        for put, intents, decided in ticks[:599]:
            recorder.put(put, intents, decided)
        with pytest.raises(RecordError, match=refused):
            recorder.put(*ticks[599])
        with pytest.raises(RecordError, match=refused):
            recorder.put(*ticks[600])
        ticks = ticks[:601]
    else:
        for put, intents, decided in ticks:
            recorder.put(put, intents, decided)
    with pytest.raises(RecordError, match=refused):
        recorder.close({})
    with SessionFile(path) as file:
        assert [bits(t[0].value) for t in file.ticks_iter()] == [bits(t[0].value) for t in ticks]
        assert any(f"P_ven at tick {where}" in problem for problem in file.verify())


def test_a_derived_value_that_is_no_number_is_refused_by_name(tmp_path: Path) -> None:
    frame, _, decision = lively(0)
    derived = (*decision.derived[:-1], math.nan)
    recorder = Recorder(tmp_path / "s.qh1a", HEADER, StillClock())
    recorder.put(frame, (), decision._replace(derived=derived))
    with pytest.raises(RecordError, match=f"{CHANNELS[-1].id} at tick 0"):
        recorder.close({})


def test_a_tick_of_another_shape_is_refused_and_the_rest_kept(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    recorder = Recorder(path, HEADER, StillClock())
    recorder.put(*lively(0))
    recorder.commit()
    frame, _, decision = lively(1)
    recorder.put(frame._replace(value=frame.value[1:]), (), decision)
    with pytest.raises(RecordError, match="a frame cannot be recorded"):
        recorder.commit()
    with pytest.raises(RecordError, match="a frame cannot be recorded"):
        recorder.close({})
    with SessionFile(path) as file:
        same(file, [lively(0)])


def test_a_session_never_overwrites_another(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    write(path, [lively(0)])
    before = path.read_bytes()
    with pytest.raises(RecordError, match="exists"):
        Recorder(path, HEADER, StillClock())
    assert path.read_bytes() == before
    with pytest.raises(RecordError, match="cannot be created"):
        Recorder(tmp_path / "missing" / "s.qh1a", HEADER, StillClock())


def test_what_is_no_session_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    with pytest.raises(RecordError, match="no file"):
        SessionFile(path)
    path.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(RecordError, match="no readable session file"):
        SessionFile(path)
    path.unlink()
    write(path, [lively(0)])
    db = sqlite3.connect(path)
    db.execute("UPDATE header SET value = '3' WHERE key = 'schema'")
    db.commit()
    db.close()
    with pytest.raises(RecordError, match="schema 3"):
        SessionFile(path)


def test_a_file_outlives_changes_of_the_channel_table(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    write(path, [lively(0)])
    db = sqlite3.connect(path)
    db.execute("UPDATE header SET value = replace(value, '\"P_ven\"', '\"P_old\"') WHERE key = 'channels'")
    db.commit()
    db.close()
    with SessionFile(path) as file:
        assert file.series(Channel.P_PRE).size == 1
        with pytest.raises(RecordError, match="no channel P_ven"):
            file.series(Channel.P_VEN)


def test_a_closed_session_is_one_plain_file(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    recorder = Recorder(path, HEADER, StillClock())
    recorder.put(*lively(0))
    recorder.commit()
    assert {p.name for p in tmp_path.iterdir()} >= {"s.qh1a", "s.qh1a-wal"}
    recorder.close({})
    assert {p.name for p in tmp_path.iterdir()} == {"s.qh1a"}
    assert path.read_bytes()[18:20] == b"\x01\x01"  # SQLite: no write-ahead log
    assert path.read_bytes()[68:72] == b"QH1A"


def test_a_reader_does_not_stop_the_recorder(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    recorder = Recorder(path, HEADER, StillClock())
    recorder.put(*lively(0))
    recorder.commit()
    with SessionFile(path) as file:
        recorder.put(*lively(1))
        recorder.close({})
        assert file.ticks == 1
        assert file.verify() == []
    with SessionFile(path) as file:
        same(file, [lively(0), lively(1)])


def test_quality_has_no_value_that_the_file_cannot_hold() -> None:
    assert max(Quality) < 256
