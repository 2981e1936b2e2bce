"""What a browser is told once: the tables of the program, and the words for them by language."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from qh1a.channels import CHANNELS
from qh1a.config import ConfigError, read, root, to_tree
from qh1a.config.texts import load_texts
from qh1a.console.access import ACTIONS
from qh1a.hazards import HAZARDS, LIMITS, RULES
from qh1a.node import NodeTrip
from qh1a.tick import ACTUATORS, STATES, State

LANGUAGES: Final = ("en", "zh")
Words = dict[str, dict[str, str]]


def languages() -> tuple[str, ...]:
    """Those whose files are there; English always is."""
    return tuple(
        name for name in LANGUAGES
        if name == "en" or all((root() / kind / f"{name}.toml").is_file() for kind in ("texts", "console"))
    )  # fmt: skip


def read_words(path: Path) -> Words:
    """The labels of the pages: one table per page, texts only. Raises `ConfigError`."""
    found: Words = {}
    for table, rows in read(path).items():
        if not isinstance(rows, dict):
            raise ConfigError(str(path), table, "", "allowed is a table of texts")
        for key, text in rows.items():
            if not isinstance(text, str):
                raise ConfigError(str(path), f"{table}.{key}", str(text), "allowed is a text")
        found[table] = rows
    return found


def words(language: str) -> Words:
    """The labels of a language; none where its file is missing."""
    path = root() / "console" / f"{language}.toml"
    return read_words(path) if path.is_file() else {}


def texts(language: str) -> dict[str, object]:
    """Every table of the catalogue of a language."""
    tree = to_tree(load_texts(language))
    return {k: v for k, v in tree.items() if isinstance(v, Mapping)} if isinstance(tree, dict) else {}


def tables(language: str) -> dict[str, object]:
    """All that does not change while the console runs."""
    return {
        "words": words(language),
        "texts": texts(language),
        "channels": [
            {
                "id": row.id, "unit": row.unit, "lo": row.lo, "hi": row.hi, "stale_s": row.stale_s,
                "decimals": row.decimals, "derived": row.derived,
            }
            for row in CHANNELS
        ],
        "rules": [
            {
                "id": r.id, "channel": CHANNELS[r.channel].id, "side": int(r.side), "limit": r.limit,
                "delay_s": r.delay_s, "priority": r.priority.name, "latched": r.latch,
                "response": r.response.name, "armed": [s.name for s in State if s in r.armed],
            }
            for r in RULES
        ],
        "hazards": [
            {"id": h.id, "harm": h.harm, "severity": h.severity, "rules": [r.id for r in h.rules]}
            for h in HAZARDS
        ],
        "limits": [
            {"key": r.key, "unit": r.unit, "hard_lo": r.hard_lo, "hard_hi": r.hard_hi, "source": r.source}
            for r in LIMITS
        ],
        "states": [
            {
                "name": s.name, "phase": row.phase.name,
                "waits": None if row.waits is None else row.waits.name,
            }
            for s, row in zip(State, STATES, strict=True)
        ],
        "trips": [trip.name for trip in NodeTrip],
        "actuators": [{"id": row.id, "unit": row.unit, "hi": row.hi} for row in ACTUATORS],
        "actions": [
            {
                "id": a.id, "intent": a.intent.name, "key": a.key,
                "states": [s.name for s in State if s in a.states], "roles": sorted(r.value for r in a.roles),
                "second": a.second, "why": a.why, "takes": a.takes,
            }
            for a in ACTIONS
        ],
    }  # fmt: skip


def reason_texts(language: str) -> dict[str, str]:
    """What the catalogues say of a refusal: the core's own, and the table `reason` of the pages' labels."""
    core = texts(language).get("refusal")
    own = {str(k): str(v) for k, v in core.items()} if isinstance(core, Mapping) else {}
    return {**own, **words(language).get("reason", {})}
