"""The parts alone, against figures computed elsewhere (V and P numbers: physics reference, 3)."""

from dataclasses import asdict, replace
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from qh1a.sim import layout, network, pumps, rheology, separator
from qh1a.sim.constants import constants
from qh1a.sim.layout import C
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from tests.sim.circuits import PARAMETERS, PATIENT, table

S1 = PARAMETERS.separator
CONSTANTS = constants(PARAMETERS, PATIENT)
INLET = CONSTANTS[layout.INLET : layout.SEPARATOR]
DRIVE = CONSTANTS[layout.DRIVES : layout.INLET].reshape(pumps.N_DRIVES, -1)[0]


def test_v01_tube() -> None:
    assert 100.0 * rheology.tube_resistance(1.2e-3, 1.0, 4e-3) == pytest.approx(2.3875, rel=2e-5)
    assert 100.0 * rheology.tube_resistance(1.2e-3, 2.0, 3e-3) == pytest.approx(15.0915, rel=1e-5)


def test_v02_v05_bundles() -> None:
    assert 100.0 * rheology.bundle_resistance(1.2e-3, 0.25, 200e-6, 9000) == pytest.approx(10.6112, rel=1e-5)
    assert separator.fibres(S1) == pytest.approx(2411.4, abs=0.05)
    drop = 150.0 * rheology.bundle_resistance(3e-3, S1.length, S1.fibre_diameter * 1e-6, separator.fibres(S1))
    assert drop == pytest.approx(16.029, rel=1e-4)


@pytest.mark.parametrize(("hct", "relative"), [(0.0, 1.0), (0.30, 2.07959), (0.45, 3.00503), (0.55, 3.92352)])
def test_v33_pries(hct: float, relative: float) -> None:
    assert rheology.relative_viscosity(hct, 330.0) == pytest.approx(relative, rel=1e-5)


def test_plasma_viscosity() -> None:
    assert rheology.plasma_viscosity(70.0, 37.0) == pytest.approx(1.2e-3, rel=0.01)
    assert rheology.plasma_viscosity(0.0, 37.0) == pytest.approx(0.69e-3)
    assert rheology.plasma_viscosity(70.0, 27.0) / rheology.plasma_viscosity(70.0, 37.0) == pytest.approx(
        1.246, 1e-3
    )


@pytest.mark.parametrize(
    ("radius", "hct", "flow", "filtrate"),
    # Axial marches of physics reference 1.2.1 (1000 cells), and the limit of the circuit description, 1.
    [
        (2.78, 0.30, 150.0, 39.28),
        (2.78, 0.40, 1.0, 0.204),
        (2.78, 0.25, 1.0, 0.297),
        (4.2, 0.37, 130.0, 41.80),
    ],
)
def test_polarisation(radius: float, hct: float, flow: float, filtrate: float) -> None:
    fraction = separator.polarised_fraction(replace(S1, cell_radius=radius), hct)
    assert flow * fraction == pytest.approx(filtrate, rel=3e-3)


@given(st.floats(0.0, 0.9), st.floats(0.0, 4.0))
def test_polarisation_limit_is_positive_and_leaves_the_fibres_open(hct: float, q_b: float) -> None:
    limit = separator.limit(CONSTANTS[layout.TABLE : layout.REST], hct, hct, q_b)
    assert limit > 0.0
    assert hct * q_b <= 0.951 * max(q_b - limit, 0.0) or q_b < 0.02 or hct < 0.01


@given(st.floats(-100, 300), st.floats(1e-3, 1.0))
def test_filtration_slope_is_the_derivative(tmp: float, q_limit: float) -> None:
    flow, slope = separator.filtration(tmp, 0.05, q_limit)
    ahead, _ = separator.filtration(tmp + 1e-5, 0.05, q_limit)
    behind, _ = separator.filtration(tmp - 1e-5, 0.05, q_limit)
    # Around 0 the two laws meet with one slope, not one curvature.
    assert (ahead - behind) / 2e-5 == pytest.approx(slope, abs=2e-5)
    assert flow <= q_limit


@given(st.floats(-600, 200))
def test_inlet_factor_slope_is_the_derivative(p: float) -> None:
    share, slope = pumps.inlet_factor(p, INLET)
    ahead, _ = pumps.inlet_factor(p + 1e-4, INLET)
    behind, _ = pumps.inlet_factor(p - 1e-4, INLET)
    if abs(p) > 1e-3:
        assert (ahead - behind) / 2e-4 == pytest.approx(slope, abs=1e-7)
    assert 0.0 < share <= 1.0


def test_inlet_loss() -> None:
    assert pumps.inlet_factor(-100.0, INLET)[0] == pytest.approx(1.0 - 0.074, abs=1e-3)
    assert pumps.inlet_factor(-300.0, INLET)[0] == pytest.approx(0.5 * (1.0 - 0.222))


def test_motor() -> None:
    rpm = pumps.speed(0.0, 104.0, 0.0, False, DRIVE, 0.1)
    assert rpm == pytest.approx(10.0 * (1.0 - exp(-0.1 / 0.15)))
    assert pumps.speed(0.0, 2000.0, 0.0, False, DRIVE, 0.1) == pytest.approx(20.0)
    assert pumps.speed(10.0, 104.0, 1000.0, False, DRIVE, 0.1) < 10.0
    assert pumps.speed(0.0, 104.0, 1000.0, False, DRIVE, 0.1) == 0.0
    # Running backwards, the outlet is the other side.
    assert pumps.speed(0.0, -104.0, -1000.0, False, DRIVE, 0.1) == 0.0
    assert pumps.speed(0.0, -104.0, 1000.0, False, DRIVE, 0.1) < 0.0


def test_clamp() -> None:
    assert pumps.throttled(2.0, 0.0, 3.0) == 0.0
    assert pumps.throttled(2.0, 1.0, 3.0) == pytest.approx(2.0)
    assert 1.0 / pumps.throttled(2.0, 0.5, 3.0) == pytest.approx(0.5 + 3.0)
    position = 1.0
    for _ in range(2):
        position = pumps.travel(position, 0.0, 0.2, 0.1)
    assert position == 0.0


def test_chamber_obeys_the_gas_law() -> None:
    gas = CONSTANTS[C.CHAMBER] - PARAMETERS.chamber.blood
    assert network.chamber_pressure(PARAMETERS.chamber.blood, gas, CONSTANTS) == pytest.approx(0.0, abs=1e-9)
    p = network.chamber_pressure(PARAMETERS.chamber.blood + 2.0, gas, CONSTANTS)
    compressed = gas * 760.0 / (p + 760.0)
    assert gas - compressed + PARAMETERS.chamber.wall * p == pytest.approx(2.0)


def test_shipped_files_hold_exactly_the_parameters() -> None:
    assert asdict(PARAMETERS) == table("rigs/sim.toml")["circuit"]
    assert set(asdict(PATIENT)) == set(table("patients/aclf-typical.toml"))


def test_out_of_bounds_is_refused() -> None:
    raw = asdict(PARAMETERS)
    raw["thermal"]["warmer_to_bioreactor_loss"] = 0.16
    with pytest.raises(ValidationError, match="warmer_to_bioreactor_loss"):
        TypeAdapter(CircuitParameters).validate_python(raw)
    patient = asdict(PATIENT)
    patient["hct"] = 0.9
    with pytest.raises(ValidationError, match="hct"):
        TypeAdapter(Person).validate_python(patient)


def test_impossible_volumes_are_refused() -> None:
    soft = replace(PARAMETERS.compliances, access=0.5)
    with pytest.raises(ValueError, match="ACC: 600 mmHg"):
        constants(replace(PARAMETERS, compliances=soft), PATIENT)


def test_table_of_the_limit_matches_the_march() -> None:
    grid = separator.limit_table(S1)
    assert len(grid) == separator.TABLE_SIZE
    assert grid[37] == pytest.approx(separator.polarised_fraction(S1, 0.37), abs=1e-12)
    assert (grid[1:] <= grid[:-1]).all()
