"""What a roller pump displaces as its rotor turns (V numbers: physics reference, 3)."""

from math import pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qh1a.sim import pumps
from qh1a.sim.parameters import InletLoss, Pump, Pumps, Syringe
from qh1a.sim.pumps import Drive, DriveConstant


def _pump(stroke: float, rollers: int, ripple_1: float, ripple_2: float) -> Pump:
    return Pump(
        stroke=stroke,
        motor=0.15,
        slew=200.0,
        back_leak=5e4,
        stall=1000.0,
        stall_band=150.0,
        wear=0.03,
        wear_time=2.0,
        rollers=rollers,
        ripple_1=ripple_1,
        ripple_2=ripple_2,
    )


PUMPS = Pumps(
    blood=_pump(10.4, 2, 0.20, 0.05),
    separation=_pump(5.2, 3, 0.15, 0.05),
    perfusion=_pump(5.2, 3, 0.15, 0.05),
    return_plasma=_pump(5.2, 3, 0.0, 0.0),
    inlet=InletLoss(per_mmhg=7.4e-4, collapse=300.0, collapse_width=25.0),
    heparin_syringe=Syringe(50.0, 500.0, 6.2, 6.0, 40.0, 100.0),
)
DRIVES = pumps.drive_constants(PUMPS)
BLOOD, PLASMA, SMOOTH = DRIVES[Drive.BP], DRIVES[Drive.PP], DRIVES[Drive.RP]
EITHER = st.sampled_from([BLOOD, PLASMA])
ANGLE = st.floats(0.0, 1.0)
TURNED = st.floats(-3.0, 3.0)


def _steps(turned: float, steps: int, drive: NDArray[np.float64], angle: float = 0.0) -> NDArray[np.float64]:
    """Volumes of equal steps of a rotor whose angle the caller keeps in 0..1."""
    moved = np.empty(steps)
    for i in range(steps):
        moved[i] = pumps.displaced(angle, turned / steps, 1.0, drive)
        angle = (angle + turned / steps) % 1.0
    return moved


@given(EITHER, ANGLE, st.integers(-20, 20))
def test_v36_whole_revolutions_move_whole_strokes(
    drive: NDArray[np.float64], angle: float, revolutions: int
) -> None:
    moved = pumps.displaced(angle, float(revolutions), 1.0, drive)
    assert moved == pytest.approx(revolutions * drive[DriveConstant.STROKE], rel=1e-12, abs=0.0)


@pytest.mark.parametrize("drive", [BLOOD, PLASMA])
@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_v36_in_ticks(drive: NDArray[np.float64], direction: float) -> None:
    """12.5 min at 0.024 revolutions per tick."""
    moved = _steps(direction * 180.0, 7500, drive, 0.3).sum()
    assert moved == pytest.approx(direction * 180.0 * drive[DriveConstant.STROKE], rel=1e-12)


@pytest.mark.parametrize(("drive", "rollers"), [(BLOOD, 2), (PLASMA, 3)])
def test_v36_ripple_frequency(drive: NDArray[np.float64], rollers: int) -> None:
    """`rollers` pulses a revolution and their second harmonic, nothing else: f = rollers rpm/60."""
    spectrum = np.abs(np.fft.rfft(_steps(1.0, 120, drive))) / drive[DriveConstant.STROKE]
    assert spectrum[0] == pytest.approx(1.0)
    lines = set(np.flatnonzero(spectrum > 1e-12))
    assert lines == {0, rollers, 2 * rollers}
    assert spectrum[rollers] == pytest.approx(0.5 * drive[DriveConstant.RIPPLE_1], rel=2e-3)
    assert spectrum[2 * rollers] == pytest.approx(0.5 * drive[DriveConstant.RIPPLE_2], rel=5e-3)


@given(EITHER, ANGLE)
def test_flow_is_the_derivative(drive: NDArray[np.float64], angle: float) -> None:
    phase = 2.0 * pi * drive[DriveConstant.ROLLERS] * angle
    a1, a2 = drive[DriveConstant.RIPPLE_1], drive[DriveConstant.RIPPLE_2]
    flow = drive[DriveConstant.STROKE] * (1.0 + a1 * sin(phase) + a2 * sin(2.0 * phase))
    assert flow > 0.0
    # A product, not a difference of cosines: exact even for so small a turn.
    assert pumps.displaced(angle, 1e-9, 1.0, drive) == pytest.approx(1e-9 * flow, rel=1e-7)
    assert pumps.displaced(angle, 0.0, 1.0, drive) == 0.0


@given(EITHER, ANGLE, TURNED, TURNED)
def test_two_turns_move_what_one_moves(
    drive: NDArray[np.float64], angle: float, first: float, second: float
) -> None:
    parts = pumps.displaced(angle, first, 1.0, drive) + pumps.displaced(angle + first, second, 1.0, drive)
    assert parts == pytest.approx(pumps.displaced(angle, first + second, 1.0, drive), abs=1e-12)


@given(EITHER, ANGLE, TURNED)
def test_turning_back_takes_it_back(drive: NDArray[np.float64], angle: float, turned: float) -> None:
    there = pumps.displaced(angle, turned, 1.0, drive)
    assert pumps.displaced(angle + turned, -turned, 1.0, drive) == pytest.approx(-there, abs=1e-12)


@given(ANGLE, TURNED, st.floats(0.0, 1.5))
def test_without_ripple_it_is_the_stroke(angle: float, turned: float, factor: float) -> None:
    assert pumps.displaced(angle, turned, factor, SMOOTH) == 5.2 * factor * turned


@given(EITHER, ANGLE, TURNED, st.floats(0.0, 1.5))
def test_factor_scales_the_stroke(
    drive: NDArray[np.float64], angle: float, turned: float, factor: float
) -> None:
    moved = pumps.displaced(angle, turned, factor, drive)
    assert moved == pytest.approx(factor * pumps.displaced(angle, turned, 1.0, drive), rel=1e-12, abs=1e-300)


def test_f12_wear() -> None:
    """3 % with 2 h, and one revolution moves the stroke that is left."""
    assert pumps.worn(0.0, BLOOD) == 1.0
    assert pumps.worn(7200.0, BLOOD) == pytest.approx(1.0 - 0.03 * 0.6321206)
    assert pumps.stroke(7200.0, 0.9, BLOOD) == pytest.approx(10.4 * 0.9 * pumps.worn(7200.0, BLOOD))
    moved = pumps.displaced(0.4, 1.0, pumps.worn(7200.0, BLOOD) * 0.9, BLOOD)
    assert moved == pytest.approx(pumps.stroke(7200.0, 0.9, BLOOD), rel=1e-12)


def test_f11_under_occlusion() -> None:
    """A tenth of the healthy resistance against 150 mmHg: 1.8 mL/min fall back."""
    assert BLOOD[DriveConstant.LEAK] * 10.0 * 150.0 * 60.0 == pytest.approx(1.8)


def test_v20_two_pumps_in_series() -> None:
    """1 % of 40 mL/min into 0.05 mL/mmHg: 8.00 mmHg/min, over whole revolutions (13 min)."""
    inflow = sum(pumps.displaced(i / 50.0 % 1.0, 0.02, 1.01, PLASMA) for i in range(5000))
    outflow = sum(pumps.displaced((i / 50.0 + 0.4) % 1.0, 0.02, 1.0, PLASMA) for i in range(5000))
    assert (inflow - outflow) / 0.05 / (520.0 / 40.0) == pytest.approx(8.0, rel=1e-10)


@pytest.mark.parametrize(("drive", "peak", "trough"), [(BLOOD, 1.22018, 0.77982), (PLASMA, 1.17425, 0.82575)])
def test_peak_flow(drive: NDArray[np.float64], peak: float, trough: float) -> None:
    """Highest and lowest flow over the mean: A_1 sin x + A_2 sin 2x where A_1 cos x + 2 A_2 cos 2x = 0."""
    flow = _steps(1.0, 3600, drive) * 3600.0 / drive[DriveConstant.STROKE]
    assert flow.max() == pytest.approx(peak, abs=2e-5)
    assert flow.min() == pytest.approx(trough, abs=2e-5)
