"""The simulator can hurt: every fault does the harm its row names, less where the protections act."""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest

from qh1a.hazards import RULES
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.fault_row import FaultRow, Profile
from qh1a.sim.fault_table import FAULTS
from qh1a.sim.misreading import UNDISTURBED, slot
from qh1a.sim.truth import Truth
from qh1a.tick import Response, State
from tests.faults.bare import CORNER, unprotected
from tests.faults.harms import CASES, LEDGER, Case
from tests.sessions.corners import Treatment, settled

Ledger = dict[Truth, float]
ONSET_S: Final = 300.0
"""A slow fault comes this fast: how slowly does not decide whether it hurts."""
CLEARLY: Final = 0.6
"""What is left of a harm that is clearly less."""
HARMLESS: Final = Case({})
RESPONSE_OF: Final = {rule.id: rule.response for rule in RULES}


def _run(t: Treatment, seconds: float) -> tuple[npt.NDArray[np.float64], set[State]]:
    """The truth in the end, and the states there were."""
    states: set[State] = set()
    while seconds > 0.0:
        states.update(t.run(min(10.0, seconds)).states)
        seconds -= 10.0
    return t.plant.truth.copy(), states


@lru_cache(maxsize=16)
def _twin(seconds: float, beside: tuple[tuple[Disturbance, float], ...]) -> npt.NDArray[np.float64]:
    t = unprotected()
    for disturbance, value in beside:
        t.load(disturbance, value)
    truth, states = _run(t, seconds)
    assert states == {State.TREAT}
    return truth


def _harm(t: Treatment, row: FaultRow, case: Case) -> tuple[Ledger, set[State]]:
    """What the ledger has beyond the twin's; that it is colder counts, too."""
    magnitude = row.default if case.magnitude is None else case.magnitude
    t.load(slot(row.disturbance, next(iter(row.channels), None)), magnitude, min(ONSET_S, row.over_s))
    for disturbance, value in case.beside:
        t.load(disturbance, value)
    passed = 0.0
    if row.profile is Profile.STEP and row.over_s:  # it passes of itself
        passed = row.over_s
        t.run(passed)
        t.load(slot(row.disturbance, None), UNDISTURBED[slot(row.disturbance, None)])
    truth, states = _run(t, case.watched_s - passed)
    more = truth - _twin(case.watched_s, case.beside)
    more[Truth.HARM_COLDEST_C] *= -1.0
    return {figure: round(float(more[figure]), 9) for figure in LEDGER}, states


def _grown(found: Ledger) -> Ledger:
    return {figure: by for figure, by in found.items() if by > LEDGER[figure]}


def _said(found: Ledger) -> str:
    return ", ".join(f"{figure.name} {by:.4g}" for figure, by in found.items())


def test_every_case_is_of_a_fault() -> None:
    assert set(CASES) <= {row.name for row in FAULTS}


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row.name)
def test_a_fault_hurts_as_its_row_says_and_less_where_something_reacts(row: FaultRow) -> None:
    case = CASES.get(row.name, HARMLESS)
    found, states = _harm(unprotected(), row, case)
    assert states == {State.TREAT}
    if set(case.hurts) != set(row.harm):
        pytest.fail(
            f"{row.name}: its row names harm {_names(row.harm)}, CASES in tests/faults/harms.py has "
            f"{_names(case.hurts)}; unprotected, in {case.watched_s:g} s, these grew: {_said(_grown(found))}"
        )
    assert set(_grown(found)) <= set(row.harm), _said(_grown(found))
    for figure, hurt in case.hurts.items():
        assert 1.0 <= found[figure] / hurt.by <= 1.5, _said({f: found[f] for f in case.hurts})
    if row.harm and row.response:
        _reacts(row, case, found)


def _reacts(row: FaultRow, case: Case, bare: Ledger) -> None:
    kept, _ = _harm(settled(CORNER), row, case)
    said = _said({figure: kept[figure] for figure in case.hurts})
    for figure, hurt in case.hurts.items():
        most = 1.05 * bare[figure] if hurt.left is None else hurt.left
        assert kept[figure] <= most, said
    less = [f for f, hurt in case.hurts.items() if hurt.left is not None and kept[f] < CLEARLY * bare[f]]
    warned_only = max(RESPONSE_OF[rule] for rule in row.response) <= Response.R0
    assert less or warned_only or case.helpless, said
    assert not (less and case.helpless), said


def _names(figures: object) -> list[str]:
    assert hasattr(figures, "__iter__")
    return sorted(figure.name for figure in figures)
