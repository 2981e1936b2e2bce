"""`transport.move` alone, on a circuit full of different things: nothing is made, lost or turned negative."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qh1a.sim import layout, oxygen, reactor, transport
from qh1a.sim.graph import EDGES, N_FLOWS, N_TANKS, PATHS, End, Flow, Line, Node, Tank, node
from qh1a.sim.layout import Source
from qh1a.sim.species import N_SPECIES, Species
from tests.sim.carried import steady
from tests.sim.circuits import PARAMETERS
from tests.sim.moving import DT, inventory, made, masses, move, new, newest, of_patient, set_volume

Floats = NDArray[np.float64]
K, F = Species, Flow
LUMEN, FIL, OX, TEE, ACC, JOINT, CHAMBER, F2O = (
    node(n) for n in (Node.LUMEN, Node.FIL, Node.OX, Node.TEE, Node.ACC, Node.JOINT, Node.CHAMBER, Node.F2O)
)


# -- everything at once ----------------------------------------------------------------------------------

WAYS = st.floats(-2.0, 2.0) | st.sampled_from([0.0, -1.5, 1.5])
FREELY = (F.SALINE_ACCESS, F.ACCESS, F.RC, F.F2, F.WASTE, F.SALINE_RES)


def complete(v: dict[Flow, float], stored: list[float], access: Flow, back: Flow) -> dict[Flow, float]:
    """The flows that follow from those of `FREELY` and the membrane when nodes store these mL."""
    it = iter(stored)
    v = dict.fromkeys(Flow, 0.0) | v
    v[access] = v[F.ACCESS]
    v[F.BP] = v[F.ACCESS] + v[F.SALINE_ACCESS] - next(it)
    v[F.S1_IN] = v[F.BP] + v[F.HEPARIN] - next(it)
    # No membrane lets more through than three tenths of the blood that comes, but more may come back.
    v[F.MEMBRANE] = min(v[F.MEMBRANE], 0.3 * abs(v[F.S1_IN]))
    v[F.S1_OUT] = v[F.S1_IN] - v[F.MEMBRANE] - next(it)
    v[F.PP] = v[F.MEMBRANE] - next(it)
    v[F.RX] = v[F.RC] + v[F.F2] + v[F.WASTE] + next(it)
    v[F.CP] = v[F.RX] + v[F.EVAPORATION] + next(it)
    v[F.RP] = v[F.F2] - next(it)
    v[F.PLASMA_RETURN] = v[F.RP] - next(it)
    v[F.RETURN] = v[F.S1_OUT] + v[F.PLASMA_RETURN] - next(it)
    if back == F.RETURN_OUTSIDE:
        v[F.RETURN] = max(v[F.RETURN], 0.0)
    v[back] = v[F.RETURN]
    v[F.JOINT_WASTE] = v[F.RETURN_JOINT] - v[F.ACCESS_JOINT]
    v[F.RX_BYPASS] = v[F.RX] - v[F.RX_LUMEN]
    return v


@st.composite
def plans(draw: st.DrawFn) -> dict[Flow, float]:
    """Millilitres of every flow in half a second, in every direction that the flow can have."""
    v = {flow: draw(WAYS) for flow in FREELY}
    v |= {flow: draw(st.floats(0.0, 0.002)) for flow in (F.EVAPORATION, F.HEPARIN, F.OVERFLOW)}
    v |= {flow: draw(st.floats(-0.1, 0.1)) for flow in (F.CAPILLARY, F.INTAKE)}
    v[F.MEMBRANE] = draw(st.floats(-1.0, 1.0))
    stored = draw(st.lists(st.floats(-0.1, 0.1) | st.just(0.0), min_size=9, max_size=9))
    access = draw(st.sampled_from([F.ACCESS_PATIENT, F.ACCESS_JOINT]))
    back = draw(st.sampled_from([F.RETURN_PATIENT, F.RETURN_JOINT, F.RETURN_OUTSIDE]))
    v = complete(v, stored, access, back)
    v[F.RX_LUMEN] = v[F.RX] * draw(st.sampled_from([0.0, 0.3, 1.0]))
    v[F.RX_BYPASS] = v[F.RX] - v[F.RX_LUMEN]
    return v


ON = F.ACCESS_PATIENT, F.RETURN_PATIENT
BACKWARDS = complete(dict.fromkeys(FREELY, -1.0), [0.0] * 9, *ON)


def given_out(volumes: dict[Flow, float], tank: int) -> float:
    """How much more a tank gives than it gets, mL."""
    way = (EDGES[:, 1] == tank) * 1.0 - (EDGES[:, 2] == tank)
    return float(
        sum(volumes.get(Flow(flow), 0.0) * sign for flow, sign in zip(EDGES[:, 0], way, strict=True))
    )


contents = st.fixed_dictionaries(
    {
        Tank.RES: st.sampled_from([1e-3, 0.5, 3.0, 146.0]),
        Tank.SALINE: st.sampled_from([0.1, 5000.0]),
        Tank.WASTE: st.sampled_from([0.1, 400.0]),
    }
)


@settings(max_examples=60)
@given(plans(), contents)
@example(BACKWARDS, {Tank.RES: 146.0})
@example(complete({F.RC: 0.9, F.F2: 0.5, F.MEMBRANE: 0.5}, [0.0] * 9, *ON), {Tank.RES: 1e-3})
def test_nothing_is_made_or_lost(plan: dict[Flow, float], filled_to: dict[Tank, float]) -> None:
    state, c = new()
    for tank, volume in filled_to.items():
        set_volume(state, tank, volume)
    # No vessel gives more than it holds and gets.
    short = [filled_to[t] / out for t in filled_to if (out := given_out(plan, t)) > 0.0]
    volumes = {flow: v * min(1.0, *(0.3 * s for s in short), 1.0) for flow, v in plan.items()}
    for _ in range(3):
        before, books = inventory(state, c), inventory(state, c) - made(state).sum(axis=0)
        move(state, c, volumes)
        off = inventory(state, c) - made(state).sum(axis=0) - books
        assert np.abs(off / before).max() < 1e-12
        assert masses(state).min() >= 0.0
        assert layout.parcels(state).min() >= 0.0
        assert reactor.zones(state).min() >= 0.0
        assert (state[layout.MOVED : layout.HELD] == 0.0).all()
        assert (state[layout.HELD : layout.MASS] == state[layout.VOL : layout.MOVED]).all()


@settings(max_examples=40)
@given(plans())
@example(BACKWARDS)
def test_volume_goes_where_its_content_goes(plan: dict[Flow, float]) -> None:
    state, c = new()
    # One degree everywhere: heat over heat capacity is then the volume.
    masses(state)[:, K.HEAT] = state[layout.VOL : layout.MOVED]
    parcels = layout.parcels(state)
    parcels[:, 1 + K.HEAT] = parcels[:, 0]
    reactor.zones(state)[:, :, K.HEAT] = 1.0
    move(state, c, plan | {F.CAPILLARY: 0.0, F.INTAKE: 0.0, F.EVAPORATION: 0.0})
    volumes = state[layout.VOL : layout.MOVED]
    tanks = [t for t in range(N_TANKS) if t not in (Tank.INTERSTITIUM, Tank.WATER)]
    assert masses(state)[tanks, K.HEAT] == pytest.approx(volumes[tanks], rel=1e-11, abs=1e-11)
    assert parcels[:, 1 + K.HEAT] == pytest.approx(parcels[:, 0], abs=1e-12)


def test_at_rest_only_the_bioreactor_evens_out() -> None:
    state, c = new()
    before = state.copy()
    move(state, c, {})
    assert (masses(state) == masses(before)).all()
    assert (layout.parcels(state) == layout.parcels(before)).all()
    assert (reactor.zones(state) != reactor.zones(before)).any()


# -- ends of the blood lines -----------------------------------------------------------------------------


def test_access_draws_from_the_patient() -> None:
    state, c = new()
    drawn, before = of_patient(state, c), masses(state)[Tank.PATIENT].copy()
    move(state, c, {F.ACCESS: 1.0, F.ACCESS_PATIENT: 1.0})
    assert newest(state, c, Line.ACCESS) == pytest.approx(drawn, rel=1e-13)
    assert before - masses(state)[Tank.PATIENT] == pytest.approx(drawn, rel=1e-9)
    # As much leaves the line at its other end.
    assert state[layout.VOL + ACC] == pytest.approx(c[layout.REST + Node.ACC] + 1.0)


def test_solutes_spread_over_the_plasma_that_was_gained() -> None:
    state, c = new()
    move(state, c, {F.INTAKE: 100.0})
    assert transport.plasma_excess(state, c) == pytest.approx(100.0)
    drawn = of_patient(state, c)
    move(state, c, {F.ACCESS: 1.0, F.ACCESS_PATIENT: 1.0})
    assert newest(state, c, Line.ACCESS) == pytest.approx(drawn, rel=1e-13)


@pytest.mark.parametrize(
    ("flow", "tank"),
    [(F.RETURN_PATIENT, Tank.PATIENT), (F.RETURN_JOINT, JOINT), (F.RETURN_OUTSIDE, Tank.OUTSIDE)],
)
def test_return_ends_where_it_is_connected(flow: Flow, tank: int) -> None:
    state, c = new()
    last, before = newest(state, c, Line.RETURN, at_end=True), masses(state)[tank].copy()
    move(state, c, {F.RETURN: 0.05, flow: 0.05})
    assert masses(state)[tank] - before == pytest.approx(0.05 * last, rel=1e-7)


def test_lines_run_backwards_into_what_they_come_from() -> None:
    state, c = new()
    first, before = newest(state, c, Line.ACCESS), masses(state)[Tank.PATIENT].copy()
    move(state, c, {F.ACCESS: -0.2, F.ACCESS_PATIENT: -0.2})
    assert masses(state)[Tank.PATIENT] - before == pytest.approx(0.2 * first, rel=1e-7)
    for _ in range(2):  # the first fills up the parcel that is there
        drawn = of_patient(state, c)
        move(state, c, {F.RETURN: -2.0, F.RETURN_PATIENT: -2.0})
    assert newest(state, c, Line.RETURN, at_end=True) == pytest.approx(drawn, rel=1e-12)


@pytest.mark.parametrize(
    ("flow", "tank", "line"), [(F.S1_OUT, CHAMBER, Line.CHAMBER_INLET), (F.CP, OX, Line.OX_INLET)]
)
def test_a_path_runs_backwards_from_its_last_line(flow: Flow, tank: int, line: Line) -> None:
    state, c = new()
    for _ in range(2):  # the first fills up the parcel that is there
        inside = masses(state)[tank] / state[layout.VOL + tank]
        move(state, c, {flow: -1.0})
    assert newest(state, c, line, at_end=True) == pytest.approx(inside, rel=1e-12, abs=1e-14)


def test_a_junction_mixes_what_comes_and_shares_it_out() -> None:
    state, c = new()
    joint = masses(state)[JOINT] / state[layout.VOL + JOINT]
    mixed = (1.0 * of_patient(state, c) + 0.5 * joint) / 1.5
    move(state, c, {F.ACCESS: 1.5, F.ACCESS_PATIENT: 1.0, F.ACCESS_JOINT: 0.5})
    assert newest(state, c, Line.ACCESS) == pytest.approx(mixed, rel=1e-13)
    drawn, before = of_patient(state, c), masses(state)[JOINT].copy()
    move(state, c, {F.ACCESS: 0.7, F.ACCESS_PATIENT: 1.0, F.ACCESS_JOINT: -0.3})
    assert masses(state)[JOINT] - before == pytest.approx(0.3 * drawn, rel=1e-9)
    assert newest(state, c, Line.ACCESS) == pytest.approx(drawn, rel=1e-13)


# -- membrane, second filter, water ----------------------------------------------------------------------


@pytest.mark.parametrize("leak", [0.0, 0.01, 1.0])
def test_the_membrane_sieves(leak: float) -> None:
    state, c = new()
    sieving = state[layout.SIEVING : layout.FREE]
    sieving[:] = leak + (1.0 - leak) * sieving
    held, mass, before = state[layout.VOL + LUMEN], masses(state)[LUMEN], masses(state)[FIL].copy()
    k = c[layout.OXYGEN : layout.ACID]
    p_o2 = oxygen.tension(mass[K.O2] / held, mass[K.RBC] / held, k)
    move(state, c, {F.MEMBRANE: 0.6})
    filtrate, left = masses(state)[FIL] - before, mass / (held - 0.6)
    # Over what stays inside: red cells in blood, all else in plasma.
    hct, passed = left[K.RBC], filtrate[K.RBC]
    assert passed / 0.6 == pytest.approx(leak * hct, rel=1e-12)
    plasma = [s for s in Species if s not in (K.RBC, K.O2, K.HEAT)]
    ratio = filtrate[plasma] / (0.6 - passed) / (left[plasma] / (1.0 - hct))
    assert ratio == pytest.approx(sieving[plasma], rel=1e-11)
    # Dissolved oxygen passes; what is bound stays, and so the tension.
    assert filtrate[K.O2] == pytest.approx(0.6 * k[oxygen.OxygenConst.SOLUBILITY] * p_o2, rel=1e-11)
    assert oxygen.tension(left[K.O2], hct, k) == pytest.approx(p_o2, rel=1e-9) or leak > 0.0
    assert filtrate[K.HEAT] / 0.6 == pytest.approx(left[K.HEAT], rel=1e-12)


def test_no_more_plasma_passes_than_there_is() -> None:
    state, c = new()
    masses(state)[LUMEN, K.RBC] = state[layout.VOL + LUMEN] - 0.3
    before = inventory(state, c)
    move(state, c, {F.MEMBRANE: 0.5})
    assert masses(state)[LUMEN].min() >= -1e-15 * before.max()
    off = inventory(state, c) - before - made(state).sum(axis=0)
    assert np.abs(off / before).max() < 1e-12


def test_filtrate_that_comes_back_brings_all_it_has() -> None:
    state, c = new()
    inside, before = masses(state)[FIL] / state[layout.VOL + FIL], masses(state)[LUMEN].copy()
    move(state, c, {F.MEMBRANE: -0.5})
    assert masses(state)[LUMEN] - before == pytest.approx(0.5 * inside, rel=1e-9, abs=1e-12)


def test_the_second_filter_keeps_cells_and_some_vesicles() -> None:
    state, c = new()
    last, before = newest(state, c, Line.F2_INLET, at_end=True), masses(state)[F2O].copy()
    move(state, c, {F.F2: 0.2})
    passes = np.ones(N_SPECIES)
    passes[[K.RBC, K.DEBRIS]] = 0.0
    passes[K.EV] = PARAMETERS.second_filter.sieving_vesicles
    assert masses(state)[F2O] - before == pytest.approx(0.2 * passes * last, rel=1e-9, abs=1e-12)
    assert masses(state)[Tank.RETAINED] == pytest.approx(0.2 * (1.0 - passes) * last, abs=1e-12)


def test_evaporation_takes_water_and_heat_only() -> None:
    state, c = new()
    before, held = masses(state)[OX].copy(), state[layout.VOL + OX]
    move(state, c, {F.EVAPORATION: 0.02})
    after = masses(state)[OX]
    assert (after[: K.HEAT] == before[: K.HEAT]).all()
    assert state[layout.VOL + OX] == held - 0.02
    warm, latent = before[K.HEAT] / held, 2410.0 / PARAMETERS.thermal.heat_capacity
    assert after[K.HEAT] == pytest.approx(before[K.HEAT] - 0.02 * (warm + latent), rel=1e-12)
    assert made(state)[Source.EXCHANGE, K.HEAT] == pytest.approx(-0.02 * latent)


def test_water_of_the_body_carries_nothing() -> None:
    state, c = new()
    before = state.copy()
    move(state, c, {F.CAPILLARY: 2.0, F.INTAKE: -0.5})
    assert (masses(state) == masses(before)).all()
    gained = state[layout.VOL : layout.MOVED] - before[layout.VOL : layout.MOVED]
    assert gained[[Tank.PATIENT, Tank.INTERSTITIUM, Tank.WATER]] == pytest.approx([1.5, -2.0, 0.5])


# -- order -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tank", "line"),
    [
        (ACC, Line.BLOOD_PUMP),
        (node(Node.PRE), Line.FILTER_IN),
        (LUMEN, Line.FILTER_OUT),
        (CHAMBER, Line.RETURN),
        (FIL, Line.FILTRATE),
        (OX, Line.BUNDLE),
        (TEE, Line.F2_INLET),
        (node(Node.RET), Line.PLASMA_RETURN),
    ],
)
def test_a_tank_gives_what_it_is_left_with(tank: int, line: Line) -> None:
    state, c = new()
    flows = DT * steady(2.0, 0.5, 1.6)
    move(state, c, {flow: flows[flow] for flow in Flow})
    inside = masses(state)[tank] / state[layout.VOL + tank]
    assert newest(state, c, line) == pytest.approx(inside, rel=1e-10, abs=1e-14)


def test_an_almost_empty_vessel_passes_on_what_comes() -> None:
    state, c = new()
    set_volume(state, Tank.RES, 1e-9)
    coming = newest(state, c, Line.FILTRATE, at_end=True)
    move(state, c, {F.PP: 0.2, F.CP: 0.1})
    assert newest(state, c, Line.RES_OUTLET) == pytest.approx(coming, rel=1e-6)


def test_steps_are_cut_where_a_tank_would_give_most_of_what_it_has() -> None:
    held, moved = np.full(N_TANKS, 100.0), np.zeros(N_FLOWS)
    for out, n in ((0.0, 1), (49.0, 1), (51.0, 2), (99.0, 2), (100.0, 3), (1e3, 3)):
        moved[F.CP] = out
        assert transport.substeps(held, moved) == n
        moved[F.CP] = -out  # then OX gives
        assert transport.substeps(held, moved) == n
    moved[F.CP], moved[F.PP] = 60.0, 100.0
    assert transport.substeps(held, moved) == 1 + int(2.0 * 100.0 / 100.0)


def test_plasma_passes_the_bypass_unchanged_and_the_bioreactor_from_either_end() -> None:
    state, c = new()
    last, before = newest(state, c, Line.RX_INLET, at_end=True), masses(state)[TEE].copy()
    move(state, c, {F.RX: 0.2, F.RX_BYPASS: 0.2})
    assert masses(state)[TEE] - before == pytest.approx(0.2 * last, rel=1e-9)
    for way, end in ((1.0, 0), (-1.0, -1)):
        state, c = new()
        masses(state)[TEE, K.CITRATE] = layout.parcels(state)[:, 1 + K.CITRATE].max() * 1e3
        layout.parcels(state)[:, 1 + K.CITRATE] *= 1e3
        move(state, c, {F.RX: way, F.RX_LUMEN: way})
        citrate = reactor.zones(state)[0, :, K.CITRATE]
        assert citrate[end] > 20.0 * citrate[-1 - end] > 0.0


def test_every_flow_is_carried_once() -> None:
    on_paths = [path.flow for path in PATHS]
    assert len(set(on_paths)) == len(on_paths)
    lines = [line for path in PATHS if path.start != End.AIR for line in path.lines]
    assert sorted(lines) == list(Line)
    ends = {flow for flow, _, _ in EDGES}
    by_junction = {F.ACCESS, F.RETURN, F.RX_LUMEN, F.RX_BYPASS}
    assert ends | by_junction == set(Flow)
