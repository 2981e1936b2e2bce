"""The file of gains that a tuning leaves: every loop, with where the tuned ones come from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from qh1a.config import build, to_tree, tuning_problems
from qh1a.config.tables import overlay
from qh1a.settings import Robustness, Tuning
from qh1a.whatif.tune import Tuned

TEXT_MOST: Final = 200
"""What `settings.Text` holds."""


def tuned(base: Tuning, done: Sequence[Tuned], provenance: str) -> Tuning:
    """The base with the gains of the loops that were tuned, and how robust each is."""
    changes: dict[str, object] = {"tuning.provenance": _text(provenance)}
    for one in done:
        changes[f"tuning.{one.row.name}"] = to_tree(one.design.gains)
        changes[f"tuning.robustness.{one.row.name}"] = to_tree(_robustness(one, provenance))
    tree = overlay({"tuning": to_tree(base)}, changes)["tuning"]
    return build(Tuning, tree, "qh1a tune", "tuning", problems=tuning_problems)


def write(tuning: Tuning, done: Sequence[Tuned], base: str) -> str:
    """The TOML text of `tuned`; the other loops are as in `base`, a name."""
    notes = {
        f"tuning.{one.row.name}": f"{base}: kp = {one.before.kp:g}, ti_s = {one.before.ti_s:g}, "
        f"Ms {one.ms_before:.2f}"
        for one in done
    }
    names = ", ".join(one.row.name for one in done)
    lines = [
        f"# Gains found by `qh1a tune`: {names}.",
        f"# All others are those of {base}. kp in output unit per input unit, ti_s and td_s in s.",
        "# [tuning.robustness] is for reading: no controller uses it.",
    ]
    tree = to_tree(tuning)
    if not isinstance(tree, dict):
        raise TypeError(tree)
    lines += _table("tuning", tree, notes)
    return "\n".join(lines) + "\n"


def _robustness(one: Tuned, provenance: str) -> Robustness:
    d, deciding = one.design, one.deciding
    model = d.point.model
    return Robustness(
        source=_text(f"at {d.point.name}; kept by {d.decided}; {provenance}"),
        process="integrator" if model.lag_s is None else "lag",
        process_gain=_digits(model.gain),
        lag_s=_digits(model.lag_s or 0.0),
        delay_s=_digits(model.delay_s),
        nrmse=_digits(deciding.fit.nrmse),
        closed_s=_digits(d.closed_s),
        ms=_digits(d.margins.ms),
        gain_margin=_digits(d.margins.gain),
        phase_margin_deg=_digits(d.margins.phase_deg),
        damping=None if d.damping is None else _digits(d.damping),
        mean_s=model.mean_s,
    )


def _table(name: str, tree: Mapping[str, object], notes: Mapping[str, str]) -> Iterator[str]:
    """A table's lines: its own keys first, then the tables inside it."""
    tables = {key: value for key, value in tree.items() if isinstance(value, dict)}
    plain = {key: value for key, value in tree.items() if key not in tables and value is not None}
    if plain:
        note = f" # {notes[name]}" if name in notes else ""
        yield f"\n[{name}]{note}"
        yield from (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items())
    for key, value in tables.items():
        yield from _table(f"{name}.{key}", value, notes)


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


def _text(text: str) -> str:
    return text if len(text) <= TEXT_MOST else f"{text[: TEXT_MOST - 3]}..."
