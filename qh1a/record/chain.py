"""The chain: every intent, event and minute digest in order, each with the hash of the one before.

The hash of a record is SHA-256 over the hash before it and the record's canonical JSON. Record 0 holds the
digest of the header, so that header, records and (by their minute digests) frames hang on one head.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from qh1a.record.codec import RecordError
from qh1a.tick import Event, EventCode, Intent, IntentName

GENESIS: Final = "0" * 64
HEADER, INTENT, EVENT, FRAMES, TRUTH = "header", "intent", "event", "frames", "truth"
"""The kinds of records."""


class Link(NamedTuple):
    """One record as it is stored."""

    n: int
    tick: int
    now: int
    kind: str
    content: str
    hash: str


def canonical(value: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, ASCII, floats by their shortest repr.

    Raises `RecordError` for what JSON cannot say.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        msg = f"cannot be kept as JSON: {error}"
        raise RecordError(msg) from error


def digest(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def link_hash(before: str, n: int, tick: int, now: int, kind: str, content: str) -> str:
    """The hash of a record; its canonical JSON is put together here, keys in order."""
    return digest(f'{before}{{"content":{content},"kind":"{kind}","n":{n},"now_ns":{now},"tick":{tick}}}')


def _number(value: float) -> float | str:
    # JSON has no infinity; a figure an operator typed wrongly must not stop the recording.
    value = float(value)
    return value if math.isfinite(value) else repr(value)


def intent_content(intent: Intent) -> str:
    """An intent as canonical JSON."""
    return canonical(
        {
            "id": intent.id,
            "key": intent.key,
            "name": IntentName(intent.name).name,
            "value": _number(intent.value),
            "who": intent.who,
            "why": intent.why,
        }
    )


def event_content(event: Event) -> str:
    """An event as canonical JSON."""
    return canonical(
        {
            "code": EventCode(event.code).name,
            "detail": event.detail,
            "subject": event.subject,
            "value": _number(event.value),
        }
    )


def parse(link: Link) -> Intent | Event | None:
    """What a record holds; None for the kinds that are the file's own. Raises `RecordError` when damaged."""
    if link.kind not in (INTENT, EVENT):
        return None
    try:
        content = json.loads(link.content)
        if link.kind == INTENT:
            return Intent(
                int(content["id"]),
                IntentName[content["name"]],
                content["key"],
                float(content["value"]),
                content["who"],
                content["why"],
            )
        return Event(
            EventCode[content["code"]], content["subject"], float(content["value"]), content["detail"]
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = f"record {link.n} is damaged: {error!r}"
        raise RecordError(msg) from error


class Chain:
    """The growing end of a chain."""

    def __init__(self) -> None:
        self.head = GENESIS
        self.n = 0

    def add(self, tick: int, now: int, kind: str, content: str) -> Link:
        """The next record, hashed onto the head."""
        self.head = link_hash(self.head, self.n, tick, now, kind, content)
        link = Link(self.n, tick, now, kind, content, self.head)
        self.n += 1
        return link


def breaks(links: Iterable[Link]) -> Iterator[str]:
    """Where a chain does not hold; after a break the walk goes on from what is stored."""
    before, expected = GENESIS, 0
    for link in links:
        if link.n != expected:
            missing = f"{expected}" if link.n == expected + 1 else f"{expected} to {link.n - 1}"
            yield f"chain: record {missing} is missing"
        elif link_hash(before, link.n, link.tick, link.now, link.kind, link.content) != link.hash:
            yield f"chain: record {link.n} (tick {link.tick}, {link.kind}) does not match its hash"
        before, expected = link.hash, link.n + 1
