"""What a session file says about itself before the first tick: plant, channels, configs, devices."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from qh1a.channels import CHANNELS, N_MEASURED
from qh1a.plant import Identity, PlantKind
from qh1a.record.chain import canonical
from qh1a.record.codec import Layout, RecordError, Signal
from qh1a.record.truth import TruthSignal
from qh1a.tick import ACTUATORS
from qh1a.units import TICK_NS

SCHEMA: Final = 2
"""Version of the format; a reader refuses any other."""


@dataclass(frozen=True)
class Header:
    """Under what a session ran. Nothing of it is a wall-clock label: equal runs have equal headers.

    `configs` are the resolved configurations as JSON values, `config_hash` their canonical hash.
    `truth` names the numbers in a row of truth: only a simulation has any.
    """

    plant: PlantKind
    configs: Mapping[str, object]
    config_hash: str
    software: str
    seed: int
    identities: tuple[Identity, ...]
    truth: tuple[TruthSignal, ...] = ()

    def __post_init__(self) -> None:
        if self.truth and self.plant is not PlantKind.SIM:
            msg = f"a plant of kind {self.plant.value} cannot say what is true"
            raise ValueError(msg)


def this_layout() -> Layout:
    """The streams of this software's channels and actuators."""
    signals = tuple(Signal(row.id, row.unit, row.lsb) for row in CHANNELS)
    return Layout(signals[:N_MEASURED], signals[N_MEASURED:], tuple(row.id for row in ACTUATORS))


def header_rows(header: Header) -> dict[str, str]:
    """The rows of table `header`, values as canonical JSON.

    Raises `RecordError` when a config is no JSON.
    """
    layout = this_layout()
    rows: dict[str, object] = {
        "schema": SCHEMA,
        "plant": header.plant.value,
        "configs": dict(header.configs),
        "config_hash": header.config_hash,
        "software": header.software,
        "seed": header.seed,
        "identities": [identity._asdict() for identity in header.identities],
        "tick_ns": TICK_NS,
        "channels": [
            {"id": row.id, "unit": row.unit, "lsb": row.lsb, "decimals": row.decimals, "derived": row.derived}
            for row in CHANNELS
        ],
        "actuators": [{"id": row.id, "unit": row.unit} for row in ACTUATORS],
        "streams": layout.names,
        "truth": [signal._asdict() for signal in header.truth],
    }
    return {key: canonical(value) for key, value in rows.items()}


def header_text(rows: Mapping[str, str]) -> str:
    """The rows as the one text that record 0 of the chain is the digest of."""
    return canonical(dict(rows))


def parse_header(rows: Mapping[str, str]) -> tuple[Header, Layout]:
    """The inverse of `header_rows`. Raises `RecordError` for another schema or a damaged header."""
    try:
        values = {key: json.loads(text) for key, text in rows.items()}
        if values["schema"] != SCHEMA:
            msg = f"the file has schema {values['schema']}, this software reads {SCHEMA}"
            raise RecordError(msg)
        channels = [(Signal(c["id"], c["unit"], float(c["lsb"])), c["derived"]) for c in values["channels"]]
        header = Header(
            PlantKind(values["plant"]),
            values["configs"],
            values["config_hash"],
            values["software"],
            values["seed"],
            tuple(Identity(**identity) for identity in values["identities"]),
            tuple(TruthSignal(**signal) for signal in values["truth"]),
        )
        layout = Layout(
            tuple(s for s, derived in channels if not derived),
            tuple(s for s, derived in channels if derived),
            tuple(a["id"] for a in values["actuators"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = f"the header is damaged: {error!r}"
        raise RecordError(msg) from error
    return header, layout
