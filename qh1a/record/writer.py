"""The recorder: every frame, intent and decision of a session into one SQLite file.

In the tick `put` only keeps the tuples; once a wall second the new ones become raw blocks of `tail`, and
every 600 ticks one transaction replaces them by compressed chunks. What is in a chunk depends on the tick
numbers alone, so equal sessions leave equal tables at every speed.
"""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.clock import Clock
from qh1a.record import chain, codec, streams, truth
from qh1a.record.chain import Chain, Link
from qh1a.record.codec import Block, RecordError
from qh1a.record.header import SCHEMA, Header, header_rows, header_text, this_layout
from qh1a.tick import Decision, Frame, Intent
from qh1a.units import NS_PER_S, Ns

APPLICATION_ID: Final = 0x51483141
"""SQLite's application id of a session file: "QH1A"."""

_BUFFER_LIMIT: Final = 64 << 20
"""Bytes that may wait for a commit."""

_BATCH: Final = 40
"""Ticks packed together: enough to spread the cost of the call, few enough that their tuples die young."""

# WITHOUT ROWID keeps a minute's streams together in the order they are written, and one stream of one minute
# is one look-up; pages of 16 KiB because a row there must fit a quarter page to stay in it.
_SCHEMA: Final = """
CREATE TABLE header (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE label (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE chunk (
    minute INTEGER, stream INTEGER, blob BLOB NOT NULL, PRIMARY KEY (minute, stream)
) WITHOUT ROWID;
CREATE TABLE tail (tick INTEGER PRIMARY KEY, blob BLOB NOT NULL);
CREATE TABLE truth (tick INTEGER PRIMARY KEY, blob BLOB NOT NULL);
CREATE TABLE chain (
    n INTEGER PRIMARY KEY, tick INTEGER NOT NULL, now_ns INTEGER NOT NULL,
    kind TEXT NOT NULL, content TEXT NOT NULL, hash TEXT NOT NULL
);
"""


class Recorder:
    """Writes one session. `head` is the hash the whole record so far hangs on.

    After a `RecordError` nothing that was put is forgotten: it stays buffered and the next commit tries
    again, while the caller brings the session to a safe end. Used from one thread.
    """

    def __init__(self, path: Path, header: Header, clock: Clock) -> None:
        """Start a new file. Raises `RecordError` when the path exists or cannot be written."""
        self._layout = this_layout()
        self._truth = header.truth
        self._wall_ns = clock.wall_ns
        self._label = clock.label
        self._chain = Chain()
        self._frames: list[Frame] = []
        self._decisions: list[Decision] = []
        self._minute: list[Block] = []
        self._ticks = 0
        self._now = Ns(0)
        self._truths = 0
        self._minutes = 0
        self._packed = 0
        self._new_tail: list[Block] = []
        self._new_chunks: list[tuple[int, int, bytes]] = []
        self._new_links: list[Link] = []
        self._new_truth: list[truth.Row] = []
        self._waiting = 0
        self._broken: RecordError | None = None
        self._malformed = False
        self._closed = False
        self.head = self._chain.head
        rows = header_rows(header)
        self._link(0, 0, chain.HEADER, chain.canonical({"sha256": chain.digest(header_text(rows))}))
        self._due = self._wall_ns() + NS_PER_S
        self._db = _create(path, rows, clock.label(), self._new_links.pop())

    @property
    def links(self) -> int:
        """Records in the chain so far; the last one's hash is `head`."""
        return self._chain.n

    def put(self, frame: Frame, intents: Sequence[Intent], decision: Decision) -> None:
        """Record one tick. A tick with intents is durable when this returns.

        Raises `RecordError` when the disk fails or a value cannot be stored exactly.
        """
        self._frames.append(frame)
        self._decisions.append(decision)
        self._now = frame.now
        if intents or decision.events:
            for intent in intents:
                self._link(self._ticks, frame.now, chain.INTENT, chain.intent_content(intent))
            for event in decision.events:
                self._link(self._ticks, frame.now, chain.EVENT, chain.event_content(event))
        self._ticks += 1
        if self._ticks % _BATCH == 0:
            self._pack()
            if self._ticks % codec.MINUTE == 0:
                self._fold()
        if intents or self._wall_ns() >= self._due:
            self._write({})
        if self._broken is not None:
            raise self._broken

    def put_truth(self, values: NDArray[np.float64]) -> None:
        """Record what really was at the tick put last, one number per signal of the header's `truth`.

        Durable with the next commit. Raises `RecordError` when the header names other numbers, when nothing
        was put yet, or when the tick has its row.
        """
        if self._truths == self._ticks:
            msg = "there is no tick that a row of truth could belong to"
            raise RecordError(msg)
        blob = truth.pack(self._truth, values)
        self._truths = self._ticks
        self._new_truth.append((self._ticks - 1, blob))
        self._link(self._ticks - 1, self._now, chain.TRUTH, truth.content(blob))

    def commit(self) -> None:
        """Make everything put so far durable. Raises `RecordError` as `put` does."""
        self._write({})
        if self._broken is not None:
            raise self._broken

    def close(self, labels: Mapping[str, str]) -> None:
        """Fold what is left, keep the labels, and leave one plain file. Closing twice does nothing.

        The file is let go in any case. Raises `RecordError` when something could not be kept; ticks that
        cannot be stored exactly stay in the file as raw ticks. While another process reads the file, the
        write-ahead log stays beside it and the next to open it reads both.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._ticks > self._minutes * codec.MINUTE:
                self._fold()
            self._write({"ended": self._label(), **labels})
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with suppress(sqlite3.OperationalError):
                self._db.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            msg = f"the session file cannot be closed: {error}"
            raise RecordError(msg) from error
        finally:
            self._db.close()
        if self._broken is not None:
            raise self._broken

    def _write(self, labels: Mapping[str, str]) -> None:
        """One transaction with everything that waits."""
        self._due = self._wall_ns() + NS_PER_S
        self._pack()
        if not (self._new_tail or self._new_chunks or self._new_links or labels):
            return
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            if self._new_chunks:
                db.execute("DELETE FROM tail WHERE tick < ?", (self._minutes * codec.MINUTE,))
                db.executemany("INSERT INTO chunk VALUES (?, ?, ?)", self._new_chunks)
            if self._new_tail:
                block = codec.join(self._new_tail)
                row = (self._packed - block.ticks, codec.block_blob(block))
                db.execute("INSERT INTO tail VALUES (?, ?)", row)
            db.executemany("INSERT INTO truth VALUES (?, ?)", self._new_truth)
            db.executemany("INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?)", self._new_links)
            db.executemany("INSERT OR REPLACE INTO label VALUES (?, ?)", labels.items())
            db.execute("COMMIT")
        except sqlite3.Error as error:
            # SQLite has often rolled back by itself, and the same disk may refuse the rollback.
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            msg = f"the session file cannot be written: {error}"
            raise RecordError(msg) from error
        self._new_tail.clear()
        self._new_chunks.clear()
        self._new_links.clear()
        self._new_truth.clear()
        self._waiting = 0

    def _link(self, tick: int, now: int, kind: str, content: str) -> None:
        self._new_links.append(self._chain.add(tick, now, kind, content))
        self.head = self._chain.head

    def _pack(self) -> None:
        """The ticks since the last call as one raw block of the open minute."""
        if not self._frames or self._malformed:
            return
        try:
            block = codec.pack(self._layout, self._frames, self._decisions)
        except RecordError as error:
            # A tick of another shape is a mistake in the program; what was packed before it is kept.
            self._broken = error
            self._malformed = True
            return
        self._frames.clear()
        self._decisions.clear()
        self._minute.append(block)
        self._new_tail.append(block)
        self._packed += block.ticks

    def _fold(self) -> None:
        """The open minute as chunks and a digest in the chain; raw blocks not yet written are dropped."""
        self._pack()
        if self._broken is not None:
            return
        block = codec.join(self._minute)
        first = self._minutes * codec.MINUTE
        try:
            encoded = streams.encode(self._layout, codec.counts(self._layout, block, first))
        except RecordError as error:
            self._broken = error
            return
        minute = self._minutes
        self._new_chunks.extend((minute, stream, blob) for stream, blob in encoded.blobs.items())
        self._waiting += sum(map(len, encoded.blobs.values()))
        now = int.from_bytes(block.now[-8:], "little", signed=True)
        content = {"minute": minute, "sha256": encoded.digest, "ticks": block.ticks}
        self._link(self._ticks - 1, now, chain.FRAMES, chain.canonical(content))
        self._minutes += 1
        self._minute.clear()
        self._new_tail.clear()
        if self._waiting > _BUFFER_LIMIT:
            self._write({})


def _create(path: Path, rows: Mapping[str, str], started: str, first: Link) -> sqlite3.Connection:
    """A new file with its header, durable down to the directory entry; nothing is left when that fails."""
    beside = path.with_name(path.name + "-wal")
    try:
        if beside.exists():
            msg = f"{beside} is left of another session"
            raise RecordError(msg)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    except FileExistsError as error:
        msg = f"{path} exists; a session never overwrites another"
        raise RecordError(msg) from error
    except OSError as error:
        msg = f"{path} cannot be created: {error}"
        raise RecordError(msg) from error
    db = None
    try:
        # Nobody else writes here; whoever holds a lock must not hold up the tick.
        db = sqlite3.connect(path, timeout=0.2, isolation_level=None)
        db.execute("PRAGMA page_size=16384")
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={SCHEMA}")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.executescript(f"BEGIN; {_SCHEMA}")
        db.executemany("INSERT INTO header VALUES (?, ?)", rows.items())
        db.execute("INSERT INTO label VALUES ('started', ?)", (started,))
        db.execute("INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?)", first)
        db.execute("COMMIT")
        directory = os.open(path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except (OSError, sqlite3.Error) as error:
        if db is not None:
            db.close()
        path.unlink(missing_ok=True)
        msg = f"{path} cannot be created: {error}"
        raise RecordError(msg) from error
    return db
