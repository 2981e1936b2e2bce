"""The truth of a simulated plant in the session file: exact, durable, chained, and beside everything else."""

import hashlib
import shutil
import sqlite3
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qh1a.plant import PlantKind
from qh1a.record import Header, Recorder, RecordError, SessionFile, TruthSignal
from qh1a.record.chain import Chain
from qh1a.record.truth import content
from qh1a.tick import Event, EventCode, Intent, IntentName
from tests.record.ticks import HEADER, StillClock, bits, lively

SIGNALS = (
    TruthSignal("CB", "umol/L", "conjugated bilirubin"),
    TruthSignal("AIR", "mL", "air that reached the patient"),
    TruthSignal("LEAST", "mmHg", "lowest tension, 37 °C"),
)
TRUE = replace(HEADER, truth=SIGNALS)
EVERY, TICKS = 300, 1250
AT = [*range(0, TICKS, EVERY), TICKS - 1]


def row(n: int) -> NDArray[np.float64]:
    """What was true at a tick; whatever a float may be."""
    return np.array([1.0 / (n + 3.0), -0.0 if n else np.nan, np.inf if n % 2 else 5e-324])


def write(path: Path, clock: StillClock | None = None, header: Header = TRUE) -> str:
    """1,250 ticks with rows of truth at `AT`, an intent and an event; the head."""
    recorder = Recorder(path, header, clock or StillClock())
    for n in range(TICKS):
        event = Event(EventCode.ALARM_RAISED, "H1.1", 2.5, "HIGH")
        recorder.put(*lively(n, (event,) * (n == 600), (Intent(1, IntentName.STOP),) * (n == 77)))
        if header.truth and n in AT:
            recorder.put_truth(row(n))
    recorder.close({})
    return recorder.head


def problems(path: Path) -> list[str]:
    with SessionFile(path) as file:
        return file.verify()


def execute(path: Path, statement: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path, isolation_level=None)
    found = db.execute(statement, values).fetchall()
    db.close()
    return found


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("truth") / "s.qh1a"
    write(path)
    assert problems(path) == []
    return path


@pytest.fixture
def session(sound: Path, tmp_path: Path) -> Path:
    """A sound file that a test may damage."""
    return Path(shutil.copy(sound, tmp_path))


def test_rows_come_back_bit_for_bit_under_their_names(session: Path) -> None:
    with SessionFile(session) as file:
        assert file.header == TRUE
        found = file.truth()
        assert found.ticks.tolist() == AT
        assert [bits(values.tolist()) for values in found.values] == [bits(row(n).tolist()) for n in AT]


def test_the_form_is_the_documented_one(session: Path) -> None:
    kept = execute(session, "SELECT tick, blob FROM truth ORDER BY tick")
    assert kept == [(n, struct.pack("<3d", *row(n))) for n in AT]
    links = execute(session, "SELECT tick, now_ns, content FROM chain WHERE kind = 'truth' ORDER BY n")
    assert links == [
        (n, lively(n)[0].now, f'{{"sha256":"{hashlib.sha256(struct.pack("<3d", *row(n))).hexdigest()}"}}')
        for n in AT
    ]
    # Whatever else belongs to the tick comes before.
    kinds = [kind for (kind,) in execute(session, "SELECT kind FROM chain WHERE tick = 600 ORDER BY n")]
    assert kinds == ["event", "truth"]


def test_the_rest_of_the_file_is_as_without_truth(session: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.qh1a"
    write(plain, header=HEADER)
    with SessionFile(plain) as without, SessionFile(session) as file:
        assert without.truth().ticks.size == 0
        assert without.truth().values.shape == (0, 0)
        assert without.verify() == []
        assert list(file.records()) == list(without.records())
        assert file.tick_records() == without.tick_records()
        for one, other in zip(file.ticks_iter(), without.ticks_iter(), strict=True):
            assert one == other
    chunks = "SELECT * FROM chunk ORDER BY 1, 2"
    assert execute(session, chunks) == execute(plain, chunks)


@pytest.mark.parametrize("n", AT)
@pytest.mark.parametrize("at", [0, 7, 8, 23])
def test_any_byte_of_a_row_counts(session: Path, n: int, at: int) -> None:
    ((blob,),) = execute(session, "SELECT blob FROM truth WHERE tick = ?", (n,))
    assert isinstance(blob, bytes)
    damaged = bytearray(blob)
    damaged[at] ^= 1
    execute(session, "UPDATE truth SET blob = ? WHERE tick = ?", (bytes(damaged), n))
    (problem,) = problems(session)
    assert problem.startswith(f"truth: the row of tick {n} is not that of record ")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("DELETE FROM truth WHERE tick = 300", ["truth: the row of tick 300, record 3, is missing"]),
        ("INSERT INTO truth SELECT 301, blob FROM truth WHERE tick = 300",
         ["truth: the row of tick 301 has no record"]),
        ("UPDATE truth SET tick = 301 WHERE tick = 300",
         ["truth: the row of tick 301 has no record", "truth: the row of tick 300, record 3, is missing"]),
        ("UPDATE truth SET blob = 'text' WHERE tick = 300",
         ["truth: the row of tick 300 is not that of record 3"]),
        ("UPDATE truth SET blob = x'' WHERE tick = 300",
         ["truth: the row of tick 300 is not that of record 3"]),
        ("UPDATE truth SET blob = 7 WHERE tick = 300",
         ["truth: the row of tick 300 is not that of record 3"]),
        ("DELETE FROM chain WHERE n = 3",
         ["chain: record 3 is missing", "truth: the row of tick 300 has no record"]),
    ],
)  # fmt: skip
def test_every_other_change_of_a_row_is_named(session: Path, change: str, found: list[str]) -> None:
    execute(session, change)
    assert problems(session) == found


def test_rows_that_change_places_are_found(session: Path) -> None:
    for old, new in ((300, 77), (600, 300), (77, 600)):
        execute(session, "UPDATE truth SET tick = ? WHERE tick = ?", (new, old))
    assert [problem[:30] for problem in problems(session)] == [
        "truth: the row of tick 300 is ", "truth: the row of tick 600 is "
    ]  # fmt: skip


def test_a_row_forged_with_its_record_breaks_the_chain(session: Path) -> None:
    execute(session, "UPDATE truth SET blob = x'00' WHERE tick = 300")
    execute(session, "UPDATE chain SET content = ? WHERE n = 3", (content(b"\0"),))
    assert problems(session) == ["chain: record 3 (tick 300, truth) does not match its hash"]
    with (
        SessionFile(session) as file,
        pytest.raises(RecordError, match="row of tick 300 has 1 bytes, not 24"),
    ):
        file.truth()


def test_a_chain_made_anew_must_fit_the_ticks(session: Path) -> None:
    execute(session, "UPDATE truth SET tick = 5000 WHERE tick = 1249")
    execute(session, "UPDATE chain SET tick = 5000 WHERE tick = 1249 AND kind = 'truth'")
    fresh = Chain()
    for values in execute(session, "SELECT tick, now_ns, kind, content FROM chain ORDER BY n"):
        tick, now, kind, text = values
        assert isinstance(tick, int)
        assert isinstance(now, int)
        link = fresh.add(tick, now, str(kind), str(text))
        execute(session, "UPDATE chain SET hash = ? WHERE n = ?", (link.hash, link.n))
    assert any("is of tick 5000, which is not there" in problem for problem in problems(session))


@pytest.mark.parametrize("word", ["CB", "umol", "conjugated"])
def test_the_names_count(session: Path, word: str) -> None:
    execute(session, "UPDATE header SET value = replace(value, ?, 'x') WHERE key = 'truth'", (word,))
    assert "header: not the one that record 0 of the chain was made for" in problems(session)


def test_a_file_without_the_table_is_not_sound(session: Path) -> None:
    execute(session, "DROP TABLE truth")
    assert problems(session) == ["no readable session file: no such table: truth"]


def test_equal_sessions_leave_equal_rows_at_any_speed(tmp_path: Path) -> None:
    clocks = (StillClock(), StillClock(step_ns=10**9), StillClock(step_ns=7 * 10**6))
    paths = [tmp_path / f"{n}.qh1a" for n in range(len(clocks))]
    heads = {write(path, clock) for path, clock in zip(paths, clocks, strict=True)}
    assert len(heads) == 1
    for table in ("header", "chain", "truth"):
        first, *others = (execute(path, f"SELECT * FROM {table} ORDER BY 1") for path in paths)  # noqa: S608
        assert others == [first, first]


def test_other_truth_leaves_another_head(tmp_path: Path) -> None:
    heads = set()
    for n, value in enumerate((1.0, np.nextafter(1.0, 2.0))):
        recorder = Recorder(tmp_path / f"{n}.qh1a", TRUE, StillClock())
        recorder.put(*lively(0))
        recorder.put_truth(np.array([0.0, 0.0, value]))
        recorder.close({})
        heads.add(recorder.head)
    assert len(heads) == 2


def test_a_row_is_durable_with_the_next_commit_and_its_tick(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    clock = StillClock()
    recorder = Recorder(path, TRUE, clock)

    def durable() -> tuple[int, list[int], list[str]]:
        with SessionFile(path) as file:
            return file.ticks, file.truth().ticks.tolist(), file.verify()

    recorder.put(*lively(0))
    recorder.put_truth(row(0))
    assert durable() == (0, [], [])
    clock.wall += 10**9
    recorder.put(*lively(1))
    assert durable() == (2, [0], [])
    recorder.put_truth(row(1))
    recorder.commit()
    assert durable() == (2, [0, 1], [])
    recorder.put(*lively(2))
    recorder.put_truth(row(2))
    recorder.close({})
    assert durable() == (3, [0, 1, 2], [])


def test_a_row_that_could_not_be_written_waits_for_the_next_commit(tmp_path: Path) -> None:
    path = tmp_path / "s.qh1a"
    recorder = Recorder(path, TRUE, StillClock())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    recorder.put(*lively(0))
    recorder.put_truth(row(0))
    with pytest.raises(RecordError, match="locked"):
        recorder.commit()
    other.execute("ROLLBACK")
    other.close()
    recorder.close({})
    with SessionFile(path) as file:
        assert file.truth().ticks.tolist() == [0]
        assert file.verify() == []


def test_a_row_of_another_shape_or_without_a_tick_is_refused(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "s.qh1a", TRUE, StillClock())
    with pytest.raises(RecordError, match="no tick"):
        recorder.put_truth(row(0))
    recorder.put(*lively(0))
    for wrong in (row(0)[:2], np.zeros((3, 1)), np.zeros(0)):
        with pytest.raises(RecordError, match="a row of truth has 3 numbers"):
            recorder.put_truth(wrong)
    recorder.put_truth(row(0))
    with pytest.raises(RecordError, match="no tick"):
        recorder.put_truth(row(0))
    recorder.close({})
    assert problems(tmp_path / "s.qh1a") == []
    plain = Recorder(tmp_path / "p.qh1a", HEADER, StillClock())
    plain.put(*lively(0))
    with pytest.raises(RecordError, match="a row of truth has 0 numbers, not 3"):
        plain.put_truth(row(0))
    plain.close({})


@pytest.mark.parametrize("kind", [kind for kind in PlantKind if kind is not PlantKind.SIM])
def test_only_a_simulation_knows_the_truth(session: Path, kind: PlantKind) -> None:
    with pytest.raises(ValueError, match=f"a plant of kind {kind.value} cannot say what is true"):
        replace(TRUE, plant=kind)
    assert replace(HEADER, plant=kind).truth == ()
    execute(session, "UPDATE header SET value = ? WHERE key = 'plant'", (f'"{kind.value}"',))
    with pytest.raises(RecordError, match="the header is damaged"):
        SessionFile(session)
