"""Reading a session file: series for plots, ticks for replay, records for the audit, and the proof.

A file left open by a crash reads like any other; nothing is written to it. The channel table is the file's
own, so a file outlives changes of the software's tables.
"""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from qh1a.channels import CHANNELS, Channel
from qh1a.record import chain, codec, streams, truth
from qh1a.record.chain import Link
from qh1a.record.codec import MINUTE, Block, Counts, Layout, RecordError
from qh1a.record.header import Header, header_text, parse_header
from qh1a.record.streams import Index
from qh1a.record.truth import Row, TruthRows
from qh1a.tick import ACTUATORS, Actuator, Commands, Event, Frame, Intent
from qh1a.units import NS_PER_S, Ns


class Recorded(NamedTuple):
    """One intent or event, and the tick it belongs to."""

    tick: int
    now: Ns
    what: Intent | Event


class RecordedDecision(NamedTuple):
    """What was decided in a tick. Derived values are counts of their channel's `lsb`."""

    commands: Commands
    derived: tuple[int, ...]
    derived_quality: tuple[int, ...]
    events: tuple[Event, ...]


class Minute(NamedTuple):
    """Up to 600 ticks. `matrix` has a column per stream of `layout`; `block` is set while they are raw."""

    first: int
    matrix: Counts
    block: Block | None


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        msg = f"no readable session file: {error}"
        raise RecordError(msg) from error


class SessionFile:
    """One session, read-only, at the moment of opening. Raises `RecordError` for what cannot be read."""

    header: Header
    labels: dict[str, str]
    layout: Layout
    ticks: int

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            msg = f"{path} is no file"
            raise RecordError(msg)
        try:
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        except sqlite3.Error as error:
            msg = f"{path} cannot be opened: {error}"
            raise RecordError(msg) from error
        # A damaged text must reach the hash, not stop the reading.
        self._db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        self._indices: dict[int, Index] = {}
        try:
            with _reading():
                # One snapshot for all reads: the session may still be running.
                self._db.execute("BEGIN")
                self._rows: dict[str, str] = dict(self._db.execute("SELECT key, value FROM header"))
                self.labels = dict(self._db.execute("SELECT key, value FROM label"))
                last = self._db.execute("SELECT max(minute) FROM chunk").fetchone()[0]
            self.minutes = 0 if last is None else int(last) + 1
            self.header, self.layout = parse_header(self._rows)
            self._tail = self._read_tail()
            chunked = (self.minutes - 1) * MINUTE + self._index(self.minutes - 1).ticks if self.minutes else 0
            self.ticks = chunked + (self._tail.block.ticks if self._tail and self._tail.block else 0)
        except RecordError as error:
            self._db.close()
            msg = f"{path}: {error}"
            raise RecordError(msg) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @property
    def head(self) -> str:
        """The hash the whole record hangs on."""
        with _reading():
            row = self._db.execute("SELECT hash FROM chain ORDER BY n DESC LIMIT 1").fetchone()
        return str(row[0]) if row else chain.GENESIS

    def now_s(self) -> NDArray[np.float64]:
        """Seconds since the first tick, per tick."""
        now = self._stream(self.layout.now)
        return (now - now[:1]) / NS_PER_S

    def series(self, channel: Channel) -> NDArray[np.float64]:
        """One channel over the session, measured or derived. Whether a value may be used says `quality`."""
        stream, _ = self._place(channel)
        signals = (*self.layout.measured, *self.layout.derived)
        lsb = next(s.lsb for s in signals if s.id == CHANNELS[channel].id)
        return codec.values_of(self._stream(stream), lsb)

    def quality(self, channel: Channel) -> NDArray[np.uint8]:
        """The `Quality` of a channel over the session."""
        return self._stream(self._place(channel)[1]).astype(np.uint8)

    def commands(self, actuator: Actuator) -> NDArray[np.float64]:
        """The commands to an actuator over the session, bit for bit."""
        name = ACTUATORS[actuator].id
        if name not in self.layout.actuators:
            msg = f"{self.path} has no actuator {name}"
            raise RecordError(msg)
        return self._stream(self.layout.command.start + self.layout.actuators.index(name)).view(np.float64)

    def truth(self) -> TruthRows:
        """What a simulated plant really did, in the order of `header.truth`; else no rows."""
        return truth.unpack(self.header.truth, self._truth_rows())

    def records(self) -> Iterator[Recorded]:
        """Every intent and event, in order."""
        for link in self._links():
            what = chain.parse(link)
            if what is not None:
                yield Recorded(link.tick, Ns(link.now), what)

    def ticks_iter(self) -> Iterator[tuple[Frame, tuple[Intent, ...], RecordedDecision]]:
        """Every tick as it was put, minute by minute."""
        intents, events = self.tick_records()
        for minute in self.minutes_iter():
            rows = zip(self.frames(minute), codec.decided_of(self.layout, minute.matrix), strict=True)
            for tick, (frame, (until, command, derived, quality)) in enumerate(rows, minute.first):
                decision = RecordedDecision(
                    Commands(Ns(until), command), derived, quality, events.get(tick, ())
                )
                yield frame, intents.get(tick, ()), decision

    def tick_records(self) -> tuple[dict[int, tuple[Intent, ...]], dict[int, tuple[Event, ...]]]:
        """Intents and events by tick, for the ticks that have any."""
        intents: dict[int, tuple[Intent, ...]] = {}
        events: dict[int, tuple[Event, ...]] = {}
        for tick, _, what in self.records():
            if isinstance(what, Intent):
                intents[tick] = (*intents.get(tick, ()), what)
            else:
                events[tick] = (*events.get(tick, ()), what)
        return intents, events

    def minutes_iter(self) -> Iterator[Minute]:
        """The ticks as matrices, the raw ones of the tail last."""
        for minute in range(self.minutes):
            yield Minute(minute * MINUTE, self._decode(minute), None)
        if self._tail:
            yield self._tail

    def frames(self, minute: Minute) -> Iterator[Frame]:
        """The frames of a minute, as they were put."""
        if minute.block is not None:
            return codec.block_frames(self.layout, minute.block)
        return codec.frames_of(self.layout, minute.matrix)

    def verify(self) -> list[str]:
        """What is wrong with the file, empty when it is sound.

        Proves the chain and everything on it: header, intents, events, rows of truth, and each folded
        minute's frames and decisions. Ticks still in the tail of a file left open are on the grid, but not
        yet on the chain.
        """
        try:
            links = self._links()
            with _reading():
                checks = [row[0] for row in self._db.execute("PRAGMA quick_check")]
            problems = [f"file: {text}" for text in checks if text != "ok"]
            problems += chain.breaks(links)
            problems += self._header_problems(links)
            problems += self._minute_problems(links)
            problems += self._tail_problems()
            problems += truth.problems(links, self._truth_rows())
            problems += self._record_problems(links)
        except RecordError as error:
            return [str(error)]
        return problems

    def _header_problems(self, links: list[Link]) -> Iterator[str]:
        expected = chain.canonical({"sha256": chain.digest(header_text(self._rows))})
        if not links or links[0].kind != chain.HEADER or links[0].content != expected:
            yield "header: not the one that record 0 of the chain was made for"

    def _minute_problems(self, links: list[Link]) -> Iterator[str]:
        kept = [link for link in links if link.kind == chain.FRAMES]
        if len(kept) != self.minutes:
            yield f"minutes: the chain has {len(kept)}, the file {self.minutes}"
        for minute, link in itertools.zip_longest(range(self.minutes), kept[: self.minutes]):
            try:
                matrix = self._decode(minute)
                encoded = streams.encode(self.layout, matrix)
            except RecordError as error:
                yield str(error)
                continue
            content = {"minute": minute, "sha256": encoded.digest, "ticks": len(matrix)}
            if len(matrix) != MINUTE and minute != self.minutes - 1:
                yield f"minute {minute}: {len(matrix)} ticks instead of {MINUTE}"
            if link is not None and link.content != chain.canonical(content):
                yield f"minute {minute}: its ticks are not those of record {link.n}"
            if set(self._blobs(minute)) != set(encoded.blobs):
                yield f"minute {minute}: it has streams that its index does not name"

    def _tail_problems(self) -> Iterator[str]:
        if self._tail is None or self._tail.block is None:
            return
        try:
            codec.counts(self.layout, self._tail.block, self._tail.first)
        except RecordError as error:
            yield f"tail: {error}"

    def _record_problems(self, links: list[Link]) -> Iterator[str]:
        try:
            now = self._stream(self.layout.now)
        except RecordError:
            return
        before = 0
        for link in links[1:]:
            if not before <= link.tick < self.ticks:
                yield f"chain: record {link.n} is of tick {link.tick}, which is not there or out of order"
            elif now[link.tick] != link.now:
                yield f"chain: record {link.n} and its tick {link.tick} have different times"
            before = max(before, link.tick)
            try:
                chain.parse(link)
            except RecordError as error:
                yield f"chain: {error}"

    def _links(self) -> list[Link]:
        query = "SELECT n, tick, now_ns, kind, content, hash FROM chain ORDER BY n"
        with _reading():
            return [Link._make(row) for row in self._db.execute(query)]

    def _truth_rows(self) -> list[Row]:
        # A damaged row must reach the hash as bytes, whatever type it was given.
        query = "SELECT tick, CAST(blob AS BLOB) FROM truth ORDER BY tick"
        with _reading():
            return self._db.execute(query).fetchall()

    def _place(self, channel: Channel) -> tuple[int, int]:
        """The streams of a channel's counts and quality."""
        name = CHANNELS[channel].id
        for signals, value, quality in (
            (self.layout.measured, self.layout.value, self.layout.quality),
            (self.layout.derived, self.layout.estimate, self.layout.estimate_quality),
        ):
            for at, signal in enumerate(signals):
                if signal.id == name:
                    return value.start + at, quality.start + at
        msg = f"{self.path} has no channel {name}"
        raise RecordError(msg)

    def _blobs(self, minute: int) -> dict[int, bytes]:
        with _reading():
            return dict(self._db.execute("SELECT stream, blob FROM chunk WHERE minute = ?", (minute,)))

    def _blob(self, minute: int, stream: int) -> bytes:
        query = "SELECT blob FROM chunk WHERE minute = ? AND stream = ?"
        with _reading():
            row = self._db.execute(query, (minute, stream)).fetchone()
        if row is None:
            msg = "missing"
            raise RecordError(msg)
        blob: bytes = row[0]
        return blob

    def _index(self, minute: int) -> Index:
        index = self._indices.get(minute)
        if index is None:
            try:
                index = streams.read_index(self.layout, self._blob(minute, self.layout.streams))
            except RecordError as error:
                msg = f"minute {minute}: its index is {error}"
                raise RecordError(msg) from error
            self._indices[minute] = index
        return index

    def _decode(self, minute: int) -> Counts:
        index = self._index(minute)
        try:
            return streams.decode(self.layout, index, self._blobs(minute))
        except RecordError as error:
            msg = f"minute {minute}: {error}"
            raise RecordError(msg) from error

    def _stream(self, stream: int) -> Counts:
        """One stream over the session."""
        parts = [self._part(minute, stream) for minute in range(self.minutes)]
        if self._tail:
            parts.append(self._tail.matrix[:, stream])
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def _part(self, minute: int, stream: int) -> Counts:
        index = self._index(minute)
        if index.kinds[stream] == streams.OWN:
            try:
                own: Counts = streams.read_own([self._blob(minute, stream)], index.ticks)[0]
            except RecordError as error:
                msg = f"minute {minute}: stream {self.layout.names[stream]} is {error}"
                raise RecordError(msg) from error
            return own
        part: Counts = index.first[stream] + np.arange(index.ticks, dtype=np.int64) * index.step[stream]
        return part

    def _read_tail(self) -> Minute | None:
        first = self.minutes * MINUTE
        blocks: list[Block] = []
        expected = first
        with _reading():
            rows = self._db.execute("SELECT tick, blob FROM tail ORDER BY tick").fetchall()
        for tick, blob in rows:
            if tick != expected:
                msg = f"tail: ticks {expected} to {tick - 1} are missing"
                raise RecordError(msg)
            blocks.append(codec.blob_block(self.layout, blob))
            expected += blocks[-1].ticks
        if not blocks:
            return None
        block = codec.join(blocks)
        return Minute(first, codec.counts(self.layout, block, first, strict=False), block)
