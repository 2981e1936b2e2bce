"""Every way to change a file behind the recorder's back is found, and named."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qh1a.record import RecordError, SessionFile
from qh1a.record.chain import Chain, breaks, event_content, intent_content, link_hash
from qh1a.tick import Event, EventCode, Intent, IntentName
from tests.record.ticks import lively, write

RAISED = Event(EventCode.ALARM_RAISED, "H3.1", 41.5, "HIGH")
STOP = Intent(9, IntentName.STOP, who="nurse", why="blood on the floor")


@contextmanager
def changed(path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        yield db
    finally:
        db.close()


def problems(path: Path) -> list[str]:
    with SessionFile(path) as file:
        return file.verify()


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """1,210 ticks: header, event (tick 5), intent (tick 8), minute, event (tick 700), two minutes."""
    path = tmp_path / "s.qh1a"
    special = {5: lively(5, (RAISED,)), 8: lively(8, intents=(STOP,)), 700: lively(700, (RAISED,))}
    write(path, [special.get(n) or lively(n) for n in range(1210)])
    assert problems(path) == []
    return path


@pytest.mark.parametrize("n", range(4))
def test_any_byte_of_a_record_counts(n: int) -> None:
    chain = Chain()
    contents = ('{"sha256":"00"}', event_content(RAISED), intent_content(STOP), event_content(RAISED))
    kinds = ("header", "event", "intent", "event")
    links = [chain.add(5 * k, 10 * k, kinds[k], contents[k]) for k in range(4)]
    assert list(breaks(links)) == []
    for at, character in enumerate(contents[n]):
        for bit in range(7):
            flipped = contents[n][:at] + chr(ord(character) ^ 1 << bit) + contents[n][at + 1 :]
            damaged = [*links[:n], links[n]._replace(content=flipped), *links[n + 1 :]]
            assert list(breaks(damaged)) == [
                f"chain: record {n} (tick {5 * n}, {kinds[n]}) does not match its hash"
            ]


@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("at", [0, 9, -1])
def test_a_byte_of_a_record_in_the_file_counts(session: Path, n: int, at: int) -> None:
    with changed(session) as db:
        (content,) = db.execute("SELECT content FROM chain WHERE n = ?", (n,)).fetchone()
        flipped = bytearray(content.encode())
        # The upper bit makes it invalid UTF-8, which must not hide where it is.
        flipped[at] ^= 0x81
        db.execute("UPDATE chain SET content = CAST(? AS TEXT) WHERE n = ?", (bytes(flipped), n))
    found = problems(session)
    assert any(text.startswith(f"chain: record {n} ") for text in found)
    assert not any(text.startswith(f"chain: record {n + 1} ") for text in found)


@pytest.mark.parametrize("field", ["tick = tick + 1", "now_ns = now_ns + 1", "kind = 'note'", "hash = 'x'"])
@pytest.mark.parametrize("n", [0, 2, 6])
def test_any_field_of_a_record_counts(session: Path, n: int, field: str) -> None:
    with changed(session) as db:
        db.execute(f"UPDATE chain SET {field} WHERE n = ?", (n,))  # noqa: S608
    assert any(text.startswith(f"chain: record {n} ") for text in problems(session))


@pytest.mark.parametrize("n", range(7))
def test_a_dropped_record_is_missed(session: Path, n: int) -> None:
    with changed(session) as db:
        db.execute("DELETE FROM chain WHERE n = ?", (n,))
    found = problems(session)
    if n < 6:
        assert f"chain: record {n} is missing" in found
    else:
        # Nothing follows the last record, but the minute it proves is there.
        assert "minutes: the chain has 2, the file 3" in found


def test_the_hash_is_the_documented_one() -> None:
    chain = Chain()
    before = "0" * 64
    for n, (kind, content) in enumerate([("event", event_content(RAISED)), ("intent", intent_content(STOP))]):
        link = chain.add(n + 3, n + 4, kind, content)
        record = {"content": json.loads(content), "kind": kind, "n": n, "now_ns": n + 4, "tick": n + 3}
        text = before + json.dumps(record, sort_keys=True, separators=(",", ":"))
        assert link.hash == chain.head == hashlib.sha256(text.encode()).hexdigest()
        before = link.hash


def test_a_record_forged_with_its_hash_breaks_the_next(session: Path) -> None:
    with changed(session) as db:
        before = db.execute("SELECT hash FROM chain WHERE n = 1").fetchone()[0]
        tick, now = db.execute("SELECT tick, now_ns FROM chain WHERE n = 2").fetchone()
        content = intent_content(STOP._replace(who="doctor"))
        forged = link_hash(before, 2, tick, now, "intent", content)
        db.execute("UPDATE chain SET content = ?, hash = ? WHERE n = 2", (content, forged))
    assert problems(session) == ["chain: record 3 (tick 599, frames) does not match its hash"]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("tick = 1210", "chain: record 4 is of tick 1210, which is not there or out of order"),
        ("tick = 598", "chain: record 4 is of tick 598, which is not there or out of order"),
        ("now_ns = now_ns + 1", "chain: record 4 and its tick 700 have different times"),
        ("content = '{}'", "chain: record 4 is damaged: KeyError('code')"),
    ],
)
def test_a_chain_made_anew_must_fit_the_ticks(session: Path, field: str, problem: str) -> None:
    with changed(session) as db:
        db.execute(f"UPDATE chain SET {field} WHERE n = 4")  # noqa: S608
        fresh = Chain()
        rows = db.execute("SELECT tick, now_ns, kind, content FROM chain ORDER BY n").fetchall()
        for row in rows:
            link = fresh.add(*row)
            db.execute("UPDATE chain SET hash = ? WHERE n = ?", (link.hash, link.n))
    assert problem in problems(session)


def test_two_records_changing_places_are_found(session: Path) -> None:
    with changed(session) as db:
        for old, new in ((1, 99), (2, 1), (99, 2)):
            db.execute("UPDATE chain SET n = ? WHERE n = ?", (new, old))
    assert [text for text in problems(session) if "record 1 " in text]


@pytest.mark.parametrize("key", ["plant", "configs", "channels", "seed", "identities", "software"])
def test_the_header_counts(session: Path, key: str) -> None:
    with changed(session) as db:
        db.execute("UPDATE header SET value = replace(value, '1', '2') WHERE key = ?", (key,))
        db.execute("""UPDATE header SET value = '"RIG"' WHERE key = 'plant' AND ? = 'plant'""", (key,))
        db.execute("UPDATE header SET value = '8' WHERE key = 'seed' AND ? = 'seed'", (key,))
        db.execute("UPDATE header SET value = replace(value, '4.0', '6.0') WHERE key = ?", (key,))
    assert "header: not the one that record 0 of the chain was made for" in problems(session)


@pytest.mark.parametrize("minute", [0, 1, 2])
def test_every_chunk_counts(session: Path, minute: int) -> None:
    with changed(session) as db:
        rows = db.execute("SELECT stream, blob FROM chunk WHERE minute = ?", (minute,)).fetchall()
    assert len(rows) > 20
    for stream, blob in rows[minute::9] + rows[-1:]:
        index = stream == max(stream for stream, _ in rows)
        with changed(session) as db:
            # The first value of a stream, in the clear behind its head byte; of an index, anything.
            damaged = blob[:1] + bytes((blob[1] ^ 1,)) + blob[2:]
            where = (minute, stream)
            db.execute("UPDATE chunk SET blob = ? WHERE minute = ? AND stream = ?", (damaged, *where))
            assert found(session, f"minute {minute}: ")
            db.execute("DELETE FROM chunk WHERE minute = ? AND stream = ?", where)
            assert found(session, f"minute {minute}: " + ("its index is missing" if index else ""))
            db.execute("INSERT INTO chunk VALUES (?, ?, ?)", (*where, blob))
    assert problems(session) == []


def found(path: Path, start: str) -> bool:
    try:
        return any(text.startswith(start) for text in problems(path))
    except RecordError as error:
        # Without the last minute's index the session has no length: the file does not open at all.
        return start in str(error)


@pytest.mark.parametrize("minute", [0, 1])
def test_a_missing_minute_is_named(session: Path, minute: int) -> None:
    with changed(session) as db:
        db.execute("DELETE FROM chunk WHERE minute = ?", (minute,))
    assert f"minute {minute}: its index is missing" in problems(session)
    with SessionFile(session) as file, pytest.raises(RecordError, match=f"minute {minute}: "):
        list(file.ticks_iter())


def test_a_missing_last_minute_is_missed(session: Path) -> None:
    with changed(session) as db:
        db.execute("DELETE FROM chunk WHERE minute = 2")
    assert "minutes: the chain has 3, the file 2" in problems(session)


def test_a_stream_that_belongs_to_no_minute_is_found(session: Path) -> None:
    with changed(session) as db:
        db.execute("INSERT INTO chunk SELECT 0, 5000, blob FROM chunk WHERE minute = 0 LIMIT 1")
    assert "minute 0: it has streams that its index does not name" in problems(session)


def test_damaged_pages_are_found(session: Path) -> None:
    raw = bytearray(session.read_bytes())
    with changed(session) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'chunk'").fetchone()
    raw[(page - 1) * 16384 : page * 16384] = b"\xaa" * 16384
    session.write_bytes(raw)
    with pytest.raises(RecordError, match="no readable session file"):
        SessionFile(session)
