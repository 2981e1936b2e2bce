"""Every fault of the catalogue beside its healthy twin: what moves, which way, how far, how soon."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from qh1a.hazards import RULES
from qh1a.sim.fault_row import FaultRow, Profile
from qh1a.sim.fault_table import FAULTS
from qh1a.sim.truth import Truth
from tests.faults.signatures import SIGNATURES, Of, Sign
from tests.faults.twins import ONSET, SECOND, Floats, Seen, noise, played, twin, usual

LEDGERS = [Truth.SOLUTE_LEDGER, Truth.OXYGEN_LEDGER, Truth.CARBON_LEDGER, Truth.HEAT_LEDGER]
VISIBLE = 5.0
"""Standard deviations of its noise that a sensor must be off to show something."""


def books_close(seen: Seen) -> None:
    assert np.isfinite(seen.truth).all()
    assert seen.truth[:, LEDGERS].max() < 1e-9
    blood = seen.truth[0, Truth.BLOOD_VOLUME_ML]
    assert np.abs(seen.truth[:, Truth.VOLUME_LEDGER_ML]).max() < 1e-9 * blood


class Pair(NamedTuple):
    """A fault, what was seen under it, and what its twin showed meanwhile."""

    row: FaultRow
    seen: Seen
    healthy: Seen


@pytest.fixture(scope="module", params=FAULTS, ids=lambda row: row.name)
def faulted(request: pytest.FixtureRequest) -> Pair:
    row: FaultRow = request.param
    expected = SIGNATURES[row.name]
    # What no sensor shows is watched for an hour.
    shows_s = 1.2 * row.earliest_s if math.isfinite(row.earliest_s) else 3600.0
    watched = max(60.0, shows_s, *(sign.within_s for sign in expected.signs))
    return Pair(row, played([usual(row)], watched, expected.heparin), twin(watched, expected.heparin))


def test_every_fault_has_a_signature_and_every_signature_a_fault() -> None:
    assert list(SIGNATURES) == [row.name for row in FAULTS]


def test_it_shows_its_signature_and_its_twin_does_not(faulted: Pair) -> None:
    row, seen, alike = faulted
    for sign in SIGNATURES[row.name].signs:
        healthy = _looked_at(sign, alike)
        _shown(sign, _looked_at(sign, seen) - healthy[: len(seen.values)])
        rest = _at(healthy, 0.0)
        drift = [abs(_at(healthy, s) - rest) for s in np.linspace(1.0, sign.within_s, 20)]
        assert max(drift) < 0.5 * abs(sign.by), (sign, max(drift))


def _looked_at(sign: Sign, seen: Seen) -> Floats:
    """What the sign is one of, over the second before each tick."""
    values = seen.age_s[:, sign.signal] if sign.of is Of.AGE else seen.of(sign.signal)
    if sign.of is not Of.SPREAD:
        return values
    windows = np.lib.stride_tricks.sliding_window_view(values, SECOND)
    return np.concatenate((np.full(SECOND - 1, windows[0].std()), windows.std(axis=1)))


def _at(values: Floats, seconds: float) -> float:
    """Mean over the second that ends `seconds` after the onset."""
    end = ONSET + round(seconds * SECOND)
    return float(values[end - SECOND : end].mean())


def _shown(sign: Sign, off: Floats) -> None:
    found = _at(off, sign.within_s)
    assert 1.0 <= found / sign.by <= 1.6, (sign, found)
    early = np.abs(off[: ONSET + round(sign.not_before_s * SECOND)])
    assert early.max() < 0.25 * abs(sign.by), (sign, early.max())


def test_the_first_sensor_shows_it_when_the_row_says(faulted: Pair) -> None:
    row, seen, alike = faulted
    off = np.abs(seen.values - alike.values[: len(seen.values)]) > VISIBLE * noise()
    # No noise, no reading for a second, a time to come: signs, too, where the twin shows none of it.
    off |= np.abs(seen.age_s) > alike.age_s.max(axis=0) + 0.95
    off |= _stuck(seen) & ~_stuck(alike).any(axis=0)
    shown = np.flatnonzero(off.any(axis=1))
    first = (shown[0] - ONSET) / SECOND if shown.size else math.inf
    assert first == pytest.approx(row.earliest_s, rel=0.1, abs=0.15)


def _stuck(seen: Seen) -> npt.NDArray[np.bool_]:
    """Whether each channel has shown one and the same value for a second."""
    same = np.zeros(seen.values.shape, dtype=bool)
    windows = np.lib.stride_tricks.sliding_window_view(seen.values, SECOND + 1, axis=0)
    same[SECOND:] = windows.min(axis=-1) == windows.max(axis=-1)
    return same


def test_what_it_has_nothing_to_do_with_stays(faulted: Pair) -> None:
    row, seen, alike = faulted
    limit = noise()
    for channel in SIGNATURES[row.name].still:
        off = np.abs(seen.values[:, channel] - alike.values[: len(seen.values), channel])
        assert off.max() < VISIBLE * limit[channel], (channel, off.max())
    if all(sign.of is not Of.AGE for sign in SIGNATURES[row.name].signs):
        assert (seen.age_s == alike.age_s[: len(seen.age_s)]).all()


def test_the_books_close_under_it(faulted: Pair) -> None:
    books_close(faulted.seen)


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row.name)
def test_the_books_close_at_either_end_of_its_range(row: FaultRow) -> None:
    for magnitude in {row.lo, row.hi}:
        fault = replace(usual(row), magnitude=magnitude, duration_s=None, profile=Profile.STEP)
        books_close(played([fault], 60.0, SIGNATURES[row.name].heparin))


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row.name)
def test_its_response_is_made_of_rules(row: FaultRow) -> None:
    assert set(row.response) <= {rule.id for rule in RULES}
