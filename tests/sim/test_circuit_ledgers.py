"""Nothing appears or vanishes, whatever the actuators, the clamps and the faults do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qh1a.sim.disturbance import NEUTRAL, Disturbance
from qh1a.sim.layout import N_ACTUATORS
from qh1a.sim.truth import Truth
from tests.sim.circuits import DRY, PATIENT, bench

FLOW_LIMITS = ((-150, 225), (-60, 60), (-200, 200), (-60, 60), (0, 50))
PRESSURES = slice(Truth.P_ACC, Truth.P_RET + 1)
LEDGERS = (Truth.SOLUTE_LEDGER, Truth.OXYGEN_LEDGER, Truth.CARBON_LEDGER, Truth.HEAT_LEDGER)
CONTENTS = [Truth.W_R, Truth.W_S, Truth.W_W, Truth.BLOOD_VOLUME_ML, Truth.BLOOD_LOST_ML, Truth.SPILT_ML]

segments = st.tuples(
    st.tuples(*(st.floats(low, high) | st.just(0.0) for low, high in FLOW_LIMITS)),
    st.sampled_from([0.0, 37.5, 40.5]),
    st.tuples(*(st.sampled_from([0.0, 1.0]) for _ in range(8))),
    st.booleans(),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(
            [
                (Disturbance.RETURN_OPEN, 1.0),
                (Disturbance.CATHETER_OUT, 1.0),
                (Disturbance.R_ACC_FACTOR, 10.0),
                (Disturbance.R_RET_FACTOR, 10.0),
                (Disturbance.BP_STALL, 1.0),
                (Disturbance.CP_STALL, 1.0),
                (Disturbance.RP_STROKE_FACTOR, 0.5),
                (Disturbance.AIR_RETURN_ML_S, 1.0),
                (Disturbance.AIR_PLASMA_ML_S, 0.5),
                (Disturbance.HEATER_STUCK_W, 150.0),
            ]
        ),
        st.none(),
        max_size=2,
    ),
    st.integers(5, 300),
)

Segment = tuple[
    tuple[float, ...], float, tuple[float, ...], bool, bool, dict[tuple[Disturbance, float], None], int
]

TREATING: Segment = (
    (140.0, 30.0, 100.0, 30.0, 10.0), 37.5, (1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0), True, True, {}, 3000,
)  # fmt: skip
# Found by hand: everything open to a bag that runs empty, an overflowing and an empty reservoir, lost return.
EMPTYING: Segment = (
    (200.0, -60.0, 200.0, -60.0, 0.0), 37.5, (0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0), True, False, {}, 9000,
)  # fmt: skip
OVERFLOWING: Segment = (
    (-150.0, 0.0, 0.0, 0.0, 0.0), 0.0, (1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0), True, True, {}, 9000,
)  # fmt: skip
BLEEDING: Segment = (
    (200.0, 30.0, 100.0, 30.0, 0.0), 37.5, (1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0), True, True,
    {(Disturbance.RETURN_OPEN, 1.0): None}, 20000,
)  # fmt: skip


@settings(max_examples=40)
@given(st.booleans(), st.lists(segments, min_size=1, max_size=6))
@example(primed=True, plan=[TREATING, EMPTYING, TREATING])
@example(primed=True, plan=[TREATING, OVERFLOWING, TREATING])
@example(primed=True, plan=[TREATING, BLEEDING])
def test_ledgers_close_and_pressures_stay_finite(primed: bool, plan: list[Segment]) -> None:
    it = bench(primed=primed)
    blood_0 = it[Truth.BLOOD_VOLUME_ML]
    for flows, warmer, clamps, access, venous, faults, ticks in plan:
        it.circuit.connect(access=access, venous=venous)
        actuators = [*flows, warmer, 20.0, 75.0, 5.0, *clamps]
        disturbance = np.array(NEUTRAL)
        for disturbed, value in faults:
            disturbance[disturbed] = value
        for tick in range(ticks):
            it.circuit.step(actuators, disturbance)
            if tick % 5 == 4:
                truth = it.circuit.truth
                assert np.isfinite(truth).all()
                assert (truth[PRESSURES] >= -600).all()
                assert (truth[PRESSURES] <= 2000).all()
                assert (truth[CONTENTS] >= -1e-12).all()
                assert abs(it[Truth.VOLUME_LEDGER_ML]) < 1e-9 * blood_0
                for ledger in LEDGERS:
                    assert it[ledger] < 1e-9
    tissue = it[Truth.INTERSTITIUM_ML] - PATIENT.fluid.interstitial * 1e3
    gained = it[Truth.BLOOD_VOLUME_ML] - blood_0 + tissue
    assert abs(gained - it[Truth.NET_BALANCE_ML]) < 1e-9 * blood_0
    assert len(actuators) == N_ACTUATORS
    assert blood_0 == PATIENT.weight * PATIENT.blood_per_kg


def test_an_infusion_goes_to_the_patient() -> None:
    it = bench(patient=replace(DRY, fluid=replace(DRY.fluid, infusion=120.0)), connected=False)
    blood = it[Truth.BLOOD_VOLUME_ML]
    it.run(61.0)
    assert it[Truth.BLOOD_VOLUME_ML] - blood == pytest.approx(2.0)


def test_closed_clamps_let_nothing_through() -> None:
    it = bench()
    it.actuators[:4] = [130.0, 30.0, 100.0, 30.0]
    it.run(30.0)
    it.open()
    it.run(1.0)
    saline, waste, balance = it[Truth.W_S], it[Truth.W_W], it[Truth.NET_BALANCE_ML]
    it.run(60.0)
    assert (it[Truth.W_S], it[Truth.W_W], it[Truth.NET_BALANCE_ML]) == (saline, waste, balance)
    assert it[Truth.Q_RETURN_LINE] == it[Truth.Q_RC] == it[Truth.Q_SALINE] == it[Truth.Q_WASTE] == 0.0
