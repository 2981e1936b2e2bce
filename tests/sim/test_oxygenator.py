"""Gas blender, gas space and transfer to plasma (V and F numbers: physics reference, 3 and 5)."""

from dataclasses import replace
from math import exp

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qh1a.sim import oxygenator
from qh1a.sim.acid import AcidBase
from qh1a.sim.oxygen import Oxygen
from qh1a.sim.oxygenator import AIR_CO2, AIR_O2, GasState, MassFlowController, Oxygenator
from qh1a.sim.species import N_SPECIES, Species

DT = 0.1
BUNDLE = 40.0
OXYGEN = Oxygen(solubility=1.3, capacity=20465.0)
ACID = AcidBase(
    co2_solubility=30.7,
    pk=6.1,
    hydration=0.15,
    protein_charge=149.0,
    protein_slope=115.0,
    other_buffer=300.0,
    ammonia_pk=9.04,
)
PARAMETERS = Oxygenator(
    ka_o2=250.0,
    ka_co2=220.0,
    ka_flow=100.0,
    ka_exponent=0.4,
    still=0.02,
    gas_volume=25.0,
    vent=0.01,
    evaporation=44.0,
    barometric=760.0,
    water_vapour=47.0,
    molar=44.6,
    oxygen=MassFlowController(full_scale=1000.0, lag=0.5, gain_error=0.0),
    air=MassFlowController(full_scale=2000.0, lag=0.8, gain_error=0.0),
    carbon_dioxide=MassFlowController(full_scale=200.0, lag=0.3, gain_error=0.0),
)
K = oxygenator.gas_constants(PARAMETERS, OXYGEN, ACID, BUNDLE)
# The quickest and smallest that the bounds allow.
EXTREME = oxygenator.gas_constants(
    replace(PARAMETERS, ka_o2=1000.0, ka_co2=1000.0, ka_flow=50.0, ka_exponent=0.6, gas_volume=10.0),
    OXYGEN,
    ACID,
    10.0,
)
Array = NDArray[np.float64]

o2_flows, air_flows, co2_flows = st.floats(0.0, 1000.0), st.floats(0.0, 2000.0), st.floats(0.0, 200.0)
wettings = st.floats(0.0, 1.0)


def plasma(volume: float, p_o2: float, p_co2: float) -> Array:
    """A parcel in which every other amount is its index + 0.5."""
    parcel = np.concatenate(([volume], np.arange(N_SPECIES) + 0.5))
    parcel[1 + Species.O2] = volume * 1.3 * p_o2
    parcel[1 + Species.CO2] = volume * 30.7 * p_co2
    return parcel


def tension(parcel: Array) -> tuple[float, float]:
    return (
        float(parcel[1 + Species.O2] / parcel[0] / 1.3),
        float(parcel[1 + Species.CO2] / parcel[0] / 30.7),
    )


def blended(
    s: Array,
    o2: float,
    air: float,
    co2: float,
    seconds: float = 300.0,
    lost: float = 0.0,
    factor: float = 1.0,
    k: Array = K,
) -> Array:
    """The gas space after a while without plasma."""
    for _ in range(round(seconds / DT)):
        oxygenator.blend(s, k, o2, air, co2, lost, factor, 0.0, 0.0, DT)
    return s


def steps(
    s: Array,
    command: tuple[float, float, float],
    q: float,
    into: Array,
    n: int,
    k: Array = K,
    lost: float = 0.0,
) -> tuple[Array, float, float]:
    """A stirred bundle fed with `into` at `q` mL/s: its plasma at the end, and the O2 and CO2 it took up."""
    parcel = into.copy()
    o2 = co2 = all_o2 = all_co2 = 0.0
    renewed = min(1.0, abs(q) * DT / into[0])
    for _ in range(n):
        oxygenator.blend(s, k, *command, lost, 1.0, o2, co2, DT)
        parcel += renewed * (into - parcel)
        p = oxygenator.tensions(s, k)
        r = oxygenator.rates(k, q, 0.0, 0.0)
        o2, co2 = oxygenator.relax(parcel, *p, r[0] * DT, r[1] * DT, k)
        all_o2, all_co2 = all_o2 + o2, all_co2 + co2
    # The gas space learns of the last step's uptake in the next.
    oxygenator.blend(s, k, *command, lost, 1.0, o2, co2, DT)
    return parcel, all_o2, all_co2


def test_v17_plug_flow() -> None:
    """KA/Q 2.5, 60 to 300 mmHg: 280.2996, however many steps the passage is cut into."""
    q = 100.0 / 60.0
    r_o2, r_co2 = oxygenator.rates(K, q, 0.0, 0.0)
    for n in (1, 7, 240):
        parcel, dt = plasma(0.3, 60.0, 45.0), BUNDLE / q / n
        taken = [oxygenator.relax(parcel, 300.0, 35.0, r_o2 * dt, r_co2 * dt, K) for _ in range(n)]
        assert tension(parcel)[0] == pytest.approx(280.2996, abs=5e-5)
        assert tension(parcel)[1] == pytest.approx(35.0 + 10.0 * exp(-2.2), rel=1e-12)
        assert sum(o2 for o2, _ in taken) == pytest.approx(0.3 * 1.3 * 220.2996, abs=1e-4)
        assert sum(co2 for _, co2 in taken) == pytest.approx(-0.3 * 307.0 * (1.0 - exp(-2.2)), rel=1e-9)


@given(st.floats(1.0, 250.0), wettings, wettings)
def test_passage_at_any_flow(flow: float, wet_o2: float, wet_co2: float) -> None:
    """p_gas - (p_gas - p_in) exp(-KA/Q) with KA = KA0 (Q/Q0)^0.4, or still plasma's if that is quicker."""
    q = flow / 60.0
    ka = max(250.0 * (flow / 100.0) ** 0.4, 0.02 * 60.0 * BUNDLE)
    rate = oxygenator.rates(K, q, wet_o2, wet_co2)
    assert oxygenator.rates(K, -q, wet_o2, wet_co2) == rate
    parcel = plasma(1.0, 60.0, 60.0)
    oxygenator.relax(parcel, 300.0, 20.0, rate[0] * BUNDLE / q, rate[1] * BUNDLE / q, K)
    o2, co2 = tension(parcel)
    assert o2 == pytest.approx(300.0 - 240.0 * exp(-ka / flow * (1.0 - wet_o2)), rel=1e-9)
    assert co2 == pytest.approx(20.0 + 40.0 * exp(-0.88 * ka / flow * (1.0 - wet_co2)), rel=1e-9)


def test_still_plasma_goes_on_exchanging_slowly() -> None:
    assert oxygenator.rates(K, 0.0, 0.0, 0.0) == pytest.approx((0.02, 0.0176))
    assert oxygenator.rates(K, 0.01, 0.0, 0.0) == oxygenator.rates(K, 0.0, 0.0, 0.0)
    assert oxygenator.rates(K, 1.0, 0.0, 0.0)[0] > 0.05
    assert oxygenator.rates(K, 1.0, 1.0, 1.0) == (0.0, 0.0)


@given(st.floats(0.0, 50.0), st.floats(0, 700), st.floats(0, 300), st.floats(0, 700), st.floats(0, 300))
def test_relax_touches_two_species(v: float, o2: float, co2: float, gas_o2: float, gas_co2: float) -> None:
    before = plasma(v, o2, co2)
    after = before.copy()
    taken_o2, taken_co2 = oxygenator.relax(after, gas_o2, gas_co2, 0.3, 0.2, K)
    change = after - before
    assert change[1 + Species.O2] == pytest.approx(taken_o2, rel=1e-12, abs=1e-12 * v * 1e3)
    assert change[1 + Species.CO2] == pytest.approx(taken_co2, rel=1e-12, abs=1e-12 * v * 1e4)
    assert taken_o2 == pytest.approx(v * 1.3 * (gas_o2 - o2) * (1.0 - exp(-0.3)), rel=1e-9, abs=1e-12)
    assert taken_co2 == pytest.approx(v * 30.7 * (gas_co2 - co2) * (1.0 - exp(-0.2)), rel=1e-9, abs=1e-12)
    change[[1 + Species.O2, 1 + Species.CO2]] = 0.0
    assert not change.any()
    assert (after >= 0.0).all()


def test_controllers_follow_with_their_lags() -> None:
    s = oxygenator.room_air()
    for _ in range(3):
        oxygenator.blend(s, K, 60.0, 120.0, 6.0, 0.0, 1.0, 0.0, 0.0, DT)
    assert s[GasState.G_O2] == pytest.approx(1.0 - exp(-0.3 / 0.5))
    assert s[GasState.G_AIR] == pytest.approx(2.0 * (1.0 - exp(-0.3 / 0.8)))
    assert s[GasState.G_CO2] == pytest.approx(0.1 * (1.0 - exp(-0.3 / 0.3)))
    flow = oxygenator.total_flow(s)
    assert flow == pytest.approx(s[GasState.G_O2] + s[GasState.G_AIR] + s[GasState.G_CO2])
    assert oxygenator.gas_pressure(s, K) == pytest.approx(0.01 * 60.0 * flow)


def test_controllers_gain_and_span() -> None:
    off = replace(PARAMETERS, air=replace(PARAMETERS.air, gain_error=-0.02))
    k = oxygenator.gas_constants(off, OXYGEN, ACID, BUNDLE)
    s = blended(oxygenator.room_air(), 5000.0, 300.0, -10.0, k=k)
    assert list(s[:3] * 60.0) == pytest.approx([1000.0, 294.0, 0.0])


def test_fallback_gas() -> None:
    """Air with 5 % CO2 (circuit description, 5): 142 and 36 mmHg; 300 mL/min carry off 0.8 mL/h of water."""
    s = blended(oxygenator.room_air(), 0.0, 285.0, 15.0)
    assert oxygenator.tensions(s, K) == pytest.approx(
        (713.0 * 0.95 * AIR_O2, 713.0 * (0.05 + 0.95 * AIR_CO2))
    )
    assert oxygenator.gas_pressure(s, K) == pytest.approx(3.0)
    assert oxygenator.evaporation(oxygenator.total_flow(s), K) * 3600.0 == pytest.approx(0.792)
    assert oxygenator.evaporation(0.0, K) == 0.0
    s = blended(s, 300.0, 0.0, 0.0)
    assert oxygenator.tensions(s, K)[0] == pytest.approx(713.0)


def test_gas_space_is_a_stirred_tank() -> None:
    """25 mL at 37 C, wet, hold 20.66 mL STPD: at 60 mL/min the composition follows in 20.66 s."""
    s = blended(oxygenator.room_air(), 0.0, 60.0, 0.0)
    s[GasState.Y_CO2] = 0.1
    blended(s, 0.0, 60.0, 0.0, 20.0)
    volume = 25.0 * 713.0 / 760.0 * 273.15 / 310.15
    left = (0.1 - AIR_CO2) * exp(-20.0 / volume)
    assert s[GasState.Y_CO2] - AIR_CO2 == pytest.approx(left, rel=1e-9)


@given(
    o2_flows, air_flows, co2_flows, st.floats(-4.0, 4.0), st.floats(0, 700), st.floats(0, 300), st.booleans()
)
@example(0.0, 0.0, 0.0, 0.0, 40.0, 46.0, False)
def test_gas_side_balance(
    o2: float, air: float, co2: float, q: float, p_o2: float, p_co2: float, lost: bool
) -> None:
    """In - out - uptake = change, to rounding of what has passed."""
    s = blended(oxygenator.room_air(), 100.0, 100.0, 10.0, 5.0)
    start = oxygenator.content(s, K)
    ledger = s[GasState.O2_DELIVERED :].copy()
    _, *taken = steps(s, (o2, air, co2), q, plasma(BUNDLE, p_o2, p_co2), 300, lost=float(lost))
    passed = s[GasState.O2_DELIVERED :] - ledger
    for i, end in enumerate(oxygenator.content(s, K)):
        delivered, vented = passed[2 * i], passed[2 * i + 1]
        scale = abs(delivered) + abs(taken[i]) + start[i] + end + ledger[2 * i]
        assert end - start[i] == pytest.approx(delivered - vented - taken[i], abs=1e-12 * scale)


def test_delivered_is_what_the_controllers_give() -> None:
    s = blended(oxygenator.room_air(), 30.0, 240.0, 15.0)
    before = s.copy()
    blended(s, 30.0, 240.0, 15.0, 60.0)
    per_minute = s - before
    expected = np.array([30.0 + 240.0 * AIR_O2, 15.0 + 240.0 * AIR_CO2]) * 44.6e3
    assert per_minute[[GasState.O2_DELIVERED, GasState.CO2_DELIVERED]] == pytest.approx(expected, rel=1e-6)
    assert per_minute[[GasState.O2_VENTED, GasState.CO2_VENTED]] == pytest.approx(expected, rel=1e-6)


def test_uptake_draws_on_the_gas_and_dilutes_it() -> None:
    """Steady state by hand: y = (in - taken)/(flow - taken), here with 20 mL/min of air and 1 of CO2."""
    for o2, co2 in ((0.3, -0.8), (2.0, 0.4)):
        s = oxygenator.room_air()
        per_step = DT / 60.0 * 44.6e3
        for _ in range(30_000):
            oxygenator.blend(s, K, 0.0, 20.0, 1.0, 0.0, 1.0, o2 * per_step, co2 * per_step, DT)
        out = 21.0 - o2 - co2
        assert s[GasState.Y_O2] == pytest.approx((20.0 * AIR_O2 - o2) / out, rel=1e-3)
        assert s[GasState.Y_CO2] == pytest.approx((1.0 + 20.0 * AIR_CO2 - co2) / out, rel=1e-3)


def test_f35_gas_loss() -> None:
    """Without gas, pO2 falls and pCO2 rises to those of the plasma, over minutes."""
    command, q, into = (6.0, 279.0, 15.0), 100.0 / 60.0, plasma(BUNDLE, 100.0, 46.0)
    s = blended(oxygenator.room_air(), *command)
    parcel, _, _ = steps(s, command, q, into, 3000)
    healthy = tension(parcel)
    vented = s[GasState.O2_VENTED]
    after_1, _, _ = steps(s, command, q, parcel, 1, lost=1.0)
    assert tension(after_1)[0] == pytest.approx(healthy[0], rel=0.02)
    parcel, _, _ = steps(s, command, q, into, 36000, lost=1.0)
    p_o2, p_co2 = oxygenator.tensions(s, K)
    assert oxygenator.total_flow(s) < 1e-12
    assert 99.0 < p_o2 < 105.0 < healthy[0]
    assert p_co2 == pytest.approx(46.0, abs=1.0)
    assert p_co2 > healthy[1]
    assert s[GasState.O2_VENTED] < vented + 25.0 * 44.6e3


def test_room_air_replaces_what_is_taken_without_supply() -> None:
    s = oxygenator.room_air()
    before = oxygenator.content(s, K)
    oxygenator.blend(s, K, 0.0, 0.0, 0.0, 0.0, 1.0, 1000.0, 500.0, DT)
    o2, co2 = oxygenator.content(s, K)
    assert o2 - before[0] == pytest.approx(-1000.0 + 1500.0 * AIR_O2)
    assert co2 - before[1] == pytest.approx(-500.0 + 1500.0 * AIR_CO2)
    # And what plasma gives off pushes gas out.
    before = o2, co2
    oxygenator.blend(s, K, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1000.0, DT)
    after = oxygenator.content(s, K)
    whole = 25.0 * 713.0 / 760.0 * 273.15 / 310.15 * 44.6e3
    assert after[0] == pytest.approx(before[0] * whole / (whole + 1000.0), rel=1e-12)
    assert after[1] == pytest.approx((before[1] + 1000.0) * whole / (whole + 1000.0), rel=1e-12)


def test_f36_blender() -> None:
    """Twice the CO2 leaves the other flows alone; never above the span."""
    s = blended(oxygenator.room_air(), 0.0, 285.0, 15.0, factor=2.0)
    assert list(s[:3] * 60.0) == pytest.approx([0.0, 285.0, 30.0])
    assert oxygenator.tensions(s, K)[1] == pytest.approx(713.0 * (30.0 + 285.0 * AIR_CO2) / 315.0)
    s = blended(oxygenator.room_air(), 0.0, 285.0, 150.0, factor=2.0)
    assert s[GasState.G_CO2] * 60.0 == pytest.approx(200.0)


def test_f37_wetting_takes_co2_first() -> None:
    dry = oxygenator.rates(K, 1.5, 0.0, 0.0)
    assert oxygenator.rates(K, 1.5, 0.0, 0.6) == pytest.approx((dry[0], 0.4 * dry[1]))
    assert oxygenator.rates(K, 1.5, 0.3, 0.6) == pytest.approx((0.7 * dry[0], 0.4 * dry[1]))


@given(
    o2_flows,
    air_flows,
    co2_flows,
    st.floats(-250.0 / 60.0, 250.0 / 60.0),
    st.floats(0, 700),
    st.floats(0, 300),
    st.floats(1.0, 200.0),
)
@example(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 40.0)
@example(0.0, 0.0, 0.0, 4.0, 700.0, 0.0, 200.0)
def test_tensions_stay_between_gas_and_plasma(
    o2: float, air: float, co2: float, q: float, p_o2: float, p_co2: float, volume: float
) -> None:
    """In the quickest oxygenator with the smallest gas space, whatever flows or does not."""
    s = oxygenator.room_air()
    k = EXTREME.copy()
    k[oxygenator.GasConst.RATE_O2] *= 10.0 / volume
    parcel, _, _ = steps(s, (o2, air, co2), q, plasma(volume, p_o2, p_co2), 200, k)
    assert np.isfinite(s).all()
    assert np.isfinite(parcel).all()
    assert s[GasState.Y_O2] >= 0.0
    assert s[GasState.Y_CO2] >= 0.0
    assert s[GasState.Y_O2] + s[GasState.Y_CO2] <= 1.0 + 1e-9
    assert 0.0 <= tension(parcel)[0] <= 713.0
    assert 0.0 <= tension(parcel)[1] <= 713.0
