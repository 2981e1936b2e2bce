"""The cells on the fibres: metabolism, secretion, death and detachment (physics reference 1.1.3 to 1.1.6).

Stromal cells have neither a urea cycle nor conjugation of bilirubin worth modelling: what they clear of
bilirubin and ammonia is 0 unless a rig says otherwise.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import exp, log, sqrt, tanh
from typing import Annotated, Final

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.bioreactor import N_CELLS, Bioreactor, Profile, Zone, outer_area
from qh1a.sim.jit import compiled
from qh1a.sim.march import Kinetics, MarchConst, Rate, ph
from qh1a.sim.species import Species

PerHour = Annotated[float, Interval(ge=0, le=10), Unit("1/h")]
Micromolar = Annotated[float, Interval(gt=0, le=1e4), Unit("umol/L")]
Clearance = Annotated[float, Interval(ge=0, le=1000), Unit("mL/min per 1e9 cells")]
Picograms = Annotated[float, Interval(ge=0, le=1e5), Unit("pg per 1e6 cells per day")]
Ph = Annotated[float, Interval(ge=6, le=9), Unit("pH")]


@dataclass(frozen=True, slots=True)
class Mediators:
    """What the cells secrete per 1e6 cells and day at rest; vesicles in 1e6."""

    vesicles: Annotated[float, Interval(ge=0, le=1e5), Unit("1e6 per 1e6 cells per day")]
    hgf: Picograms
    pge2: Picograms
    il6: Picograms


@dataclass(frozen=True, slots=True)
class Licensing:
    """Rise of secretion, over that at rest, under much TNF; half of it at `tnf`."""

    tnf: Annotated[float, Interval(gt=0, le=1e5), Unit("pg/mL")]
    vesicles: Annotated[float, Interval(ge=0, le=100), Unit("1")]
    hgf: Annotated[float, Interval(ge=0, le=100), Unit("1")]
    pge2: Annotated[float, Interval(ge=0, le=100), Unit("1")]
    il6: Annotated[float, Interval(ge=0, le=100), Unit("1")]


@dataclass(frozen=True, slots=True)
class CellClearance:
    """First-order removal."""

    conjugated_bilirubin: Clearance
    unconjugated_bilirubin: Clearance
    ammonia: Clearance


@dataclass(frozen=True, slots=True)
class Loss:
    """Death and detachment (physics reference 1.1.5)."""

    basal: PerHour
    hypoxia: PerHour
    critical_oxygen: Micromolar
    sparing_glucose: Micromolar
    heat_dose: Annotated[float, Interval(ge=1, le=1e4), Unit("min at 43 C for half the cells")]
    ph: Annotated[float, Interval(ge=0, le=1000), Unit("1/h per pH^2")]
    ph_low: Ph
    ph_high: Ph
    bile_acids: PerHour
    bile_acids_free: Micromolar
    bilirubin: PerHour
    bilirubin_free: Annotated[float, Interval(gt=0, le=100), Unit("umol/L")]
    complement: PerHour
    complement_decay: PerHour
    complement_globulin: Annotated[float, Interval(gt=0, le=80), Unit("g/L")]
    shear: PerHour
    critical_shear: Annotated[float, Interval(gt=0, le=100), Unit("Pa")]


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one cartridge."""

    count: Annotated[float, Interval(ge=0, le=1e11), Unit("1")]
    oxygen_uptake: Annotated[float, Interval(ge=0, le=1000), Unit("fmol/cell/h")]
    glucose_uptake: Annotated[float, Interval(ge=0, le=100), Unit("pmol/cell/d")]
    q10: Annotated[float, Interval(ge=1, le=4), Unit("1")]
    standstill: Annotated[float, Interval(ge=41, le=50), Unit("C")]
    layer_diffusivity: Annotated[float, Interval(gt=0, le=1e-8), Unit("m2/s")]
    bacteria_glucose: Annotated[float, Interval(ge=0, le=6), Unit("mol per mol oxygen, of bacteria")]
    kinetics: Kinetics
    secretion: Mediators
    licensing: Licensing
    clearance: CellClearance
    loss: Loss


class CellConst(IntEnum):
    """Columns of the constants; rates per cell and s, losses per s."""

    OXYGEN = 0  # nmol
    GLUCOSE = 1
    Q10 = 2
    STANDSTILL = 3
    THIELE = 4  # Thiele modulus squared x (Km + c), per cell in an axial cell
    VESICLES = 5
    HGF = 6
    PGE2 = 7
    IL6 = 8
    LICENSING_TNF = 9
    MORE_VESICLES = 10
    MORE_HGF = 11
    MORE_PGE2 = 12
    MORE_IL6 = 13
    CB = 14  # mL
    UCB = 15
    AMMONIA = 16
    BASAL = 17
    HYPOXIA = 18
    CRITICAL_OXYGEN = 19
    SPARING_GLUCOSE = 20
    HEAT = 21  # at 43 C
    PH = 22
    PH_LOW = 23
    PH_HIGH = 24
    BILE_ACIDS = 25
    BILE_ACIDS_FREE = 26
    BILIRUBIN = 27
    BILIRUBIN_FREE = 28
    COMPLEMENT = 29
    COMPLEMENT_DECAY = 30
    COMPLEMENT_GLOBULIN = 31
    SHEAR = 32
    CRITICAL_SHEAR = 33
    BACTERIA_GLUCOSE = 34


class Adherent(IntEnum):
    """Rows of the state of the cells, one column per axial cell."""

    LIVE = 0  # attached and alive
    COMPLEMENT = 1  # share of the complement attack still to come


_K = CellConst
_S = Species
_A = Adherent
N_ADHERENT: Final = len(Adherent)
_BODY: Final = 37.0  # C


def cell_constants(c: Cells, b: Bioreactor) -> NDArray[np.float64]:
    """Constants, columns as in `CellConst`."""
    hour, day, loss = 3600.0, 86400.0, c.loss
    oxygen = c.oxygen_uptake * 1e-6 / hour
    m, more = c.secretion, c.licensing
    # nmol/s per cell over m2 and m times m2/s: 1e-6 x umol/L.
    thiele = oxygen * 1e-6 * b.cell_layer * 1e-6 / (outer_area(b) / N_CELLS * c.layer_diffusivity)
    clearance = (c.clearance.conjugated_bilirubin, c.clearance.unconjugated_bilirubin, c.clearance.ammonia)
    return np.array(
        [
            oxygen,
            c.glucose_uptake * 1e-3 / day,
            c.q10,
            c.standstill,
            thiele,
            *(per_million / 1e6 / day for per_million in (m.vesicles, m.hgf, m.pge2, m.il6)),
            *(more.tnf, more.vesicles, more.hgf, more.pge2, more.il6),
            *(per_billion / 1e9 / 60.0 for per_billion in clearance),
            loss.basal / hour,
            loss.hypoxia / hour,
            loss.critical_oxygen,
            loss.sparing_glucose,
            log(2.0) / (loss.heat_dose * 60.0),
            *(loss.ph / hour, loss.ph_low, loss.ph_high),
            *(loss.bile_acids / hour, loss.bile_acids_free),
            *(loss.bilirubin / hour, loss.bilirubin_free),
            *(loss.complement / hour, loss.complement_decay / hour, loss.complement_globulin),
            *(loss.shear / hour, loss.critical_shear),
            c.bacteria_glucose,
        ]
    )


def seeded(c: Cells) -> NDArray[np.float64]:
    """All cells alive and evenly spread."""
    adherent = np.empty((N_ADHERENT, N_CELLS))
    adherent[_A.LIVE] = c.count / N_CELLS
    adherent[_A.COMPLEMENT] = 1.0
    return adherent


@compiled
def pace(temperature: float, k: NDArray[np.float64]) -> float:
    """Speed of metabolism over that at 37 C; 0 above the standstill."""
    if temperature > k[_K.STANDSTILL]:
        return 0.0
    return k[_K.Q10] ** ((temperature - _BODY) / 10.0)


@compiled
def effectiveness(phi: float) -> float:
    """Mean over surface rate of a first-order reaction in a layer of Thiele modulus `phi` >= 0."""
    return tanh(phi) / phi if phi > 0.0 else 1.0


def krogh_drop(rate: float, diffusivity: float, inner: float, outer: float) -> float:
    """Fall of concentration in mol/m3 from `inner` to `outer` radius (m) of an annulus that consumes.

    `rate` mol/m3/s, `diffusivity` m2/s. Why the cell layer needs no radial grid: in 10 um it is far below the
    Km (physics reference 1.1.3).
    """
    return rate / (4.0 * diffusivity) * (inner**2 - outer**2) + rate * outer**2 / (2.0 * diffusivity) * log(
        outer / inner
    )


@compiled
def heat_dose(temperature: float) -> float:
    """Time at 43 C that does the damage of the same time at `temperature`; none up to body temperature."""
    if temperature <= _BODY:
        return 0.0
    base = 0.5 if temperature > 43.0 else 0.25
    return base ** (43.0 - temperature)


@compiled
def rates(
    adherent: NDArray[np.float64],
    zones: NDArray[np.float64],
    k: NDArray[np.float64],
    march: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Set what the cells do in `out`, the `rates` of the march; other species are left as they are.

    Temperature and TNF come from the wall; `march` are the constants of the march.
    """
    for i in range(N_CELLS):
        wall = zones[Zone.WALL, i]
        live = adherent[_A.LIVE, i]
        active = live * pace(wall[_S.HEAT], k)
        phi = sqrt(active * k[_K.THIELE] / (march[MarchConst.OXYGEN_KM] + wall[_S.O2]))
        out[Rate.UPTAKE, i, _S.O2] = active * k[_K.OXYGEN] * effectiveness(phi)
        out[Rate.UPTAKE, i, _S.GLUCOSE] = active * k[_K.GLUCOSE]
        licensed = wall[_S.TNF] / (wall[_S.TNF] + k[_K.LICENSING_TNF])
        out[Rate.SOURCE, i, _S.EV] = active * k[_K.VESICLES] * (1.0 + k[_K.MORE_VESICLES] * licensed)
        out[Rate.SOURCE, i, _S.HGF] = active * k[_K.HGF] * (1.0 + k[_K.MORE_HGF] * licensed)
        out[Rate.SOURCE, i, _S.PGE2] = active * k[_K.PGE2] * (1.0 + k[_K.MORE_PGE2] * licensed)
        out[Rate.SOURCE, i, _S.IL6] = active * k[_K.IL6] * (1.0 + k[_K.MORE_IL6] * licensed)
        out[Rate.SINK, i, _S.CB] = live * k[_K.CB]
        out[Rate.SINK, i, _S.UCB] = live * k[_K.UCB]
        out[Rate.SINK, i, _S.AMMONIA] = live * k[_K.AMMONIA]


@compiled
def loss_rate(
    wall: NDArray[np.float64],
    at_ph: float,
    shear: float,
    complement: float,
    free_bile_acids: float,
    free_bilirubin: float,
    k: NDArray[np.float64],
) -> float:
    """Share of the live cells that dies or comes off, per s.

    `wall` concentrations, `shear` Pa, `complement` the attack over the largest, free toxins umol/L. Lack of
    oxygen kills only where glucose is short too.
    """
    thirst = max(0.0, 1.0 - wall[_S.O2] / k[_K.CRITICAL_OXYGEN])
    hunger = k[_K.SPARING_GLUCOSE] / (k[_K.SPARING_GLUCOSE] + wall[_S.GLUCOSE])
    off_ph = max(0.0, k[_K.PH_LOW] - at_ph) + max(0.0, at_ph - k[_K.PH_HIGH])
    over_shear = max(0.0, shear / k[_K.CRITICAL_SHEAR] - 1.0)
    return (
        k[_K.BASAL]
        + k[_K.HYPOXIA] * thirst * thirst * hunger
        + k[_K.HEAT] * heat_dose(wall[_S.HEAT])
        + k[_K.PH] * off_ph * off_ph
        + k[_K.BILE_ACIDS] * max(0.0, free_bile_acids / k[_K.BILE_ACIDS_FREE] - 1.0)
        + k[_K.BILIRUBIN] * max(0.0, free_bilirubin / k[_K.BILIRUBIN_FREE] - 1.0)
        + k[_K.COMPLEMENT] * complement
        + k[_K.SHEAR] * over_shear * over_shear
    )


@compiled
def age(
    adherent: NDArray[np.float64],
    zones: NDArray[np.float64],
    profile: NDArray[np.float64],
    q: float,
    free_bile_acids: float,
    free_bilirubin: float,
    k: NDArray[np.float64],
    march: NDArray[np.float64],
    made: NDArray[np.float64],
    dt: float,
) -> None:
    """Advance the cells by `dt` s; what dies or comes off is debris in the wall, added to `made`.

    `q` mL/s as in the march, free toxins umol/L. Complement comes with the patient's globulin, which uses it
    up.
    """
    for i in range(N_CELLS):
        wall = zones[Zone.WALL, i]
        at_ph = ph(wall[_S.SID], wall[_S.HCO3], wall[_S.ALBUMIN] + wall[_S.GLOBULIN], march)
        exposure = wall[_S.GLOBULIN] / k[_K.COMPLEMENT_GLOBULIN]
        attack = exposure * adherent[_A.COMPLEMENT, i]
        shear = abs(q) * profile[Profile.SHEAR, i]
        rate = loss_rate(wall, at_ph, shear, attack, free_bile_acids, free_bilirubin, k)
        _lose(adherent, i, rate * dt, wall, march, made)
        adherent[_A.COMPLEMENT, i] *= exp(-k[_K.COMPLEMENT_DECAY] * exposure * dt)


@compiled
def _lose(
    adherent: NDArray[np.float64],
    i: int,
    part: float,
    wall: NDArray[np.float64],
    march: NDArray[np.float64],
    made: NDArray[np.float64],
) -> None:
    """Live cells of one axial cell, down by the e-th part to the power `part`, become debris."""
    left = adherent[_A.LIVE, i] * exp(-part)
    lost = adherent[_A.LIVE, i] - left
    adherent[_A.LIVE, i] = left
    wall[_S.DEBRIS] += lost / march[MarchConst.V_WALL]
    made[_S.DEBRIS] += lost


@compiled
def shed(
    adherent: NDArray[np.float64],
    zones: NDArray[np.float64],
    march: NDArray[np.float64],
    made: NDArray[np.float64],
    rate: float,
    dt: float,
) -> None:
    """Take cells off, wherever they are, at `rate` 1/s of those that live, for `dt` s; as `age` does."""
    for i in range(N_CELLS):
        _lose(adherent, i, rate * dt, zones[Zone.WALL, i], march, made)


@compiled
def upset(out: NDArray[np.float64], k: NDArray[np.float64], activity: float, bacteria: float) -> None:
    """Change `rates` in `out`: what the cells do times `activity`, and `bacteria`, nmol/s of oxygen.

    Bacteria stand evenly along the fibres among the cells and share their kinetics (Km, Pasteur effect, acid
    from glucose, carbon dioxide from oxygen): they take `bacteria_glucose` mol of glucose per mol of oxygen
    and make `lactate_yield` mol of acid of each. Endotoxin is not modelled.
    """
    for i in range(N_CELLS):
        out[:, i] *= activity
        out[Rate.UPTAKE, i, _S.O2] += bacteria / N_CELLS
        out[Rate.UPTAKE, i, _S.GLUCOSE] += bacteria / N_CELLS * k[_K.BACTERIA_GLUCOSE]
