"""The unsplit implicit march of all species through the bioreactor (physics reference 2.1).

Lumen and shell flow side by side, so backward Euler is a sweep along the flow. In each axial cell lumen and
shell are linear in the wall and go first; what is left for the wall, `g w + V w/(K + w) = r`, has a closed
form. Nothing is split: any step is stable, keeps amounts and stays positive.

Two species are marched in a form of their own: SID as the part that protein does not balance, which moves
with bicarbonate, and HCO3 as all carbon dioxide, which hydration does not change.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import exp, log, sqrt
from typing import Annotated, Final, NamedTuple

import numpy as np
from annotated_types import Interval, Unit
from numpy.typing import NDArray

from qh1a.sim.bioreactor import N_CELLS, N_ZONES, BioreactorConst, Profile, Zone
from qh1a.sim.jit import compiled
from qh1a.sim.species import N_SPECIES, Species

Row = NDArray[np.float64]
Scratch = NDArray[np.float64]
Zones = NDArray[np.float64]
"""Concentrations by zone, axial cell, species."""

PH_MIN: Final = 2.0
PH_MAX: Final = 12.0
_REFERENCE_PH: Final = 7.4
_LN10: Final = log(10.0)


class Acid(NamedTuple):
    """Carbonic acid and the other buffers of plasma at 37 C (physics reference 1.4.3)."""

    hydration: float  # 1/s
    pk: float
    protein_charge: float  # umol/g at pH 7.4
    protein_slope: float  # umol/g per pH
    other_buffer: float  # umol/L per pH


@dataclass(frozen=True, slots=True)
class Kinetics:
    """How uptake depends on concentrations, and what becomes of it (physics reference 1.1.4)."""

    oxygen_km: Annotated[float, Interval(gt=0, le=100), Unit("umol/L")]
    glucose_km: Annotated[float, Interval(gt=0, le=5000), Unit("umol/L")]
    pasteur: Annotated[float, Interval(ge=0, le=5), Unit("1")]
    lactate_yield: Annotated[float, Interval(ge=0, le=2), Unit("mol/mol glucose")]
    respiratory_quotient: Annotated[float, Interval(ge=0.6, le=1.3), Unit("1")]


class MarchConst(IntEnum):
    """Columns of the constants; volumes in mL of one axial cell, the rest as in `Kinetics` and `Acid`."""

    V_LUMEN = 0
    V_WALL = 1
    V_SHELL = 2
    OXYGEN_KM = 3
    GLUCOSE_KM = 4
    PASTEUR = 5
    LACTATE_YIELD = 6
    RQ = 7
    HYDRATION = 8
    PK = 9
    PROTEIN_CHARGE = 10
    PROTEIN_SLOPE = 11
    OTHER_BUFFER = 12


class Rate(IntEnum):
    """Rows of the reactions in the wall, per axial cell and species."""

    SOURCE = 0  # amount/s
    SINK = 1  # first order, mL/s
    UPTAKE = 2  # largest uptake of O2 and GLUCOSE, amount/s; GLUCOSE without the Pasteur factor


N_RATES: Final = len(Rate)


class _C(IntEnum):
    """Rows of the scratch of one axial cell: lumen = LUMEN + PER_LUMEN * wall, shell alike; MADE adds up."""

    LUMEN = 0
    PER_LUMEN = 1
    SHELL = 2
    PER_SHELL = 3
    G = 4
    R = 5
    SOURCE = 6
    SINK = 7
    MADE = 8


class _Q(IntEnum):
    """Volumes that move through one axial cell in one step, mL, all at least 0."""

    LUMEN_IN = 0
    LUMEN_OUT = 1
    SHELL_IN = 2
    SHELL_OUT = 3
    TO_SHELL = 4
    TO_LUMEN = 5


_K = MarchConst
_S = Species
_N_CELL: Final = len(_C)
_N_FLOW: Final = len(_Q)


def march_constants(bioreactor: Row, kinetics: Kinetics, acid: Acid) -> Row:
    """Constants of the march; `bioreactor` as `bioreactor_constants` makes it."""
    c = BioreactorConst
    return np.array(
        [
            *bioreactor[[c.V_LUMEN, c.V_WALL, c.V_SHELL]],
            kinetics.oxygen_km,
            kinetics.glucose_km,
            kinetics.pasteur,
            kinetics.lactate_yield,
            kinetics.respiratory_quotient,
            *acid,
        ]
    )


@compiled
def ph(sid: float, hco3: float, protein: float, k: Row) -> float:
    """pH at which the charges balance, held in `PH_MIN`..`PH_MAX`; umol/L and g/L."""
    excess = sid - protein * k[_K.PROTEIN_CHARGE] - hco3
    at = _REFERENCE_PH + excess / (k[_K.OTHER_BUFFER] + protein * k[_K.PROTEIN_SLOPE])
    return min(max(at, PH_MIN), PH_MAX)


@compiled
def quadratic(g: float, r: float, largest: float, km: float) -> float:
    """The root w >= 0 of g w + largest w/(km + w) = r, for g, km > 0 and r, largest >= 0."""
    b = g * km + largest - r
    root = sqrt(b * b + 4.0 * g * r * km)
    if b > 0.0:
        return 2.0 * r * km / (b + root)
    return (root - b) / (2.0 * g)


@compiled
def _eliminate(
    keep_l: float,
    keep_w: float,
    keep_s: float,
    held_l: float,
    held_w: float,
    held_s: float,
    exchange_l: float,
    exchange_s: float,
    outwards: float,
    inwards: float,
) -> tuple[float, float, float, float, float, float]:
    """One species of one axial cell without lumen and shell: rows LUMEN to R of the scratch.

    `keep` (mL) is what holds back a change in each zone, `held` the amounts it starts from; `exchange` (mL)
    goes both ways through the wall, `outwards` from lumen to shell, `inwards` back.
    """
    from_lumen, to_lumen = exchange_l + outwards, exchange_l + inwards
    from_shell, to_shell = exchange_s + inwards, exchange_s + outwards
    of_l, of_s = 1.0 / (keep_l + from_lumen), 1.0 / (keep_s + from_shell)
    lumen, shell = held_l * of_l, held_s * of_s
    # keep * of, not 1 - from * of: nothing cancels, however fast the exchange is.
    g = keep_w + to_lumen * keep_l * of_l + to_shell * keep_s * of_s
    return lumen, to_lumen * of_l, shell, to_shell * of_s, g, held_w + from_lumen * lumen + from_shell * shell


@compiled
def _couple(
    source: Zones,
    up: int,
    zones: Zones,
    i: int,
    v: Row,
    ka_l: Row,
    ka_s: Row,
    sieving: Row,
    k: Row,
    c: Scratch,
    dt: float,
) -> None:
    """Every species of axial cell `i`; `source` and `up` are array and index of the axial cell upstream."""
    v_l, v_w, v_s = k[_K.V_LUMEN], k[_K.V_WALL], k[_K.V_SHELL]
    in_l, in_s, outwards, inwards = v[_Q.LUMEN_IN], v[_Q.SHELL_IN], v[_Q.TO_SHELL], v[_Q.TO_LUMEN]
    keep_l, keep_s = v_l + v[_Q.LUMEN_OUT], v_s + v[_Q.SHELL_OUT]
    for s in range(N_SPECIES):
        lumen, per_lumen, shell, per_shell, g, r = _eliminate(
            keep_l,
            v_w,
            keep_s,
            v_l * zones[Zone.LUMEN, i, s] + in_l * source[Zone.LUMEN, up, s],
            v_w * zones[Zone.WALL, i, s],
            v_s * zones[Zone.SHELL, i, s] + in_s * source[Zone.SHELL, up, s],
            dt * ka_l[s],
            dt * ka_s[s],
            outwards * sieving[s],
            inwards * sieving[s],
        )
        c[_C.LUMEN, s], c[_C.PER_LUMEN, s] = lumen, per_lumen
        c[_C.SHELL, s], c[_C.PER_SHELL, s] = shell, per_shell
        c[_C.G, s], c[_C.R, s] = g, r


@compiled
def _react(rates: NDArray[np.float64], i: int, k: Row, c: Scratch, dt: float) -> float:
    """Rows SOURCE and SINK of `c`, amounts and mL of this step; returns the carbon dioxide respired.

    The Michaelis-Menten uptakes enter as the first-order sink that takes the same at the new concentration.
    """
    for s in range(N_SPECIES):
        c[_C.SOURCE, s] = dt * rates[Rate.SOURCE, i, s]
        c[_C.SINK, s] = dt * rates[Rate.SINK, i, s]
    largest, km = dt * rates[Rate.UPTAKE, i, _S.O2], k[_K.OXYGEN_KM]
    oxygen = quadratic(c[_C.G, _S.O2], c[_C.R, _S.O2], largest, km)
    c[_C.SINK, _S.O2] = largest / (km + oxygen)
    respired = k[_K.RQ] * c[_C.SINK, _S.O2] * oxygen
    largest = dt * rates[Rate.UPTAKE, i, _S.GLUCOSE] * (1.0 + k[_K.PASTEUR] * (1.0 - oxygen / (km + oxygen)))
    km = k[_K.GLUCOSE_KM]
    glucose = quadratic(c[_C.G, _S.GLUCOSE], c[_C.R, _S.GLUCOSE], largest, km)
    c[_C.SINK, _S.GLUCOSE] = largest / (km + glucose)
    lactate = k[_K.LACTATE_YIELD] * c[_C.SINK, _S.GLUCOSE] * glucose
    c[_C.SOURCE, _S.LACTATE] += lactate
    c[_C.SOURCE, _S.SID] -= lactate
    c[_C.SOURCE, _S.HCO3] += respired
    return respired


@compiled
def _solve(zones: Zones, i: int, c: Scratch) -> None:
    """New concentrations of axial cell `i`; adds to MADE."""
    for s in range(N_SPECIES):
        w = (c[_C.R, s] + c[_C.SOURCE, s]) / (c[_C.G, s] + c[_C.SINK, s])
        zones[Zone.WALL, i, s] = w
        zones[Zone.LUMEN, i, s] = c[_C.LUMEN, s] + c[_C.PER_LUMEN, s] * w
        zones[Zone.SHELL, i, s] = c[_C.SHELL, s] + c[_C.PER_SHELL, s] * w
        c[_C.MADE, s] += c[_C.SOURCE, s] - c[_C.SINK, s] * w


@compiled
def _acid(zones: Zones, z: int, i: int, k: Row) -> tuple[float, float, float, float]:
    """CO2, charge and rates of hydration in one zone at the start of the step, from its marched form.

    The rates in 1/s: dehydration at this pH, and how much faster it gets per relative rise of bicarbonate.
    """
    co2, ions = zones[z, i, _S.CO2], zones[z, i, _S.SID]
    hco3 = zones[z, i, _S.HCO3] - co2
    protein = zones[z, i, _S.ALBUMIN] + zones[z, i, _S.GLOBULIN]
    buffer = k[_K.OTHER_BUFFER] + protein * k[_K.PROTEIN_SLOPE]
    at = ph(ions + protein * k[_K.PROTEIN_CHARGE], hco3, protein, k)
    back = k[_K.HYDRATION] * exp(_LN10 * (k[_K.PK] - at))
    return co2, hco3 - ions, back, back * hco3 * _LN10 / buffer


@compiled
def _hydration(
    zones: Zones, z: int, i: int, acid: tuple[float, float, float, float], volume: float, k: Row
) -> tuple[float, float]:
    """First-order loss (mL/s) and gain (amount/s) of CO2 in a zone whose other species are solved.

    Dehydration has the rate of the old pH and, linear, the change of pH with the new bicarbonate: with the
    old pH alone long steps in weakly buffered fluid would swing about the equilibrium. `still` is the CO2
    that keeps the old pH.
    """
    _, charge, back, follow = acid
    total, ions = zones[z, i, _S.HCO3], zones[z, i, _S.SID]
    still = min(max(total - ions - charge, 0.0), total)
    return volume * (k[_K.HYDRATION] + back + follow), volume * (back * total + follow * still)


@compiled
def _hydrate(
    source: Zones,
    up: int,
    zones: Zones,
    i: int,
    old_l: tuple[float, float, float, float],
    old_w: tuple[float, float, float, float],
    old_s: tuple[float, float, float, float],
    v: Row,
    ka_l: Row,
    ka_s: Row,
    sieving: Row,
    k: Row,
    respired: float,
    dt: float,
) -> float:
    """Solve CO2 of one axial cell, with hydration in each zone; returns the amount hydrated."""
    loss_l, gain_l = _hydration(zones, Zone.LUMEN, i, old_l, dt * k[_K.V_LUMEN], k)
    loss_w, gain_w = _hydration(zones, Zone.WALL, i, old_w, dt * k[_K.V_WALL], k)
    loss_s, gain_s = _hydration(zones, Zone.SHELL, i, old_s, dt * k[_K.V_SHELL], k)
    v_l, v_w, v_s = k[_K.V_LUMEN], k[_K.V_WALL], k[_K.V_SHELL]
    in_l, in_s = source[Zone.LUMEN, up, _S.CO2], source[Zone.SHELL, up, _S.CO2]
    lumen, per_lumen, shell, per_shell, g, r = _eliminate(
        v_l + v[_Q.LUMEN_OUT] + loss_l,
        v_w + loss_w,
        v_s + v[_Q.SHELL_OUT] + loss_s,
        v_l * old_l[0] + v[_Q.LUMEN_IN] * in_l + gain_l,
        v_w * old_w[0] + gain_w + respired,
        v_s * old_s[0] + v[_Q.SHELL_IN] * in_s + gain_s,
        dt * ka_l[_S.CO2],
        dt * ka_s[_S.CO2],
        v[_Q.TO_SHELL] * sieving[_S.CO2],
        v[_Q.TO_LUMEN] * sieving[_S.CO2],
    )
    # Exactly, none exceeds all carbon dioxide; rounding may.
    x_w = min(r / g, zones[Zone.WALL, i, _S.HCO3])
    x_l = min(lumen + per_lumen * x_w, zones[Zone.LUMEN, i, _S.HCO3])
    x_s = min(shell + per_shell * x_w, zones[Zone.SHELL, i, _S.HCO3])
    zones[Zone.LUMEN, i, _S.CO2] = x_l
    zones[Zone.WALL, i, _S.CO2] = x_w
    zones[Zone.SHELL, i, _S.CO2] = x_s
    # By balance: loss less gain would cancel where hydration is fast.
    brought_l = v_l * (old_l[0] - x_l) + v[_Q.LUMEN_IN] * in_l - v[_Q.LUMEN_OUT] * x_l
    brought_s = v_s * (old_s[0] - x_s) + v[_Q.SHELL_IN] * in_s - v[_Q.SHELL_OUT] * x_s
    return brought_l + v_w * (old_w[0] - x_w) + respired + brought_s


@compiled
def _flows(profile: NDArray[np.float64], q: float, i: int, dt: float, v: Row) -> None:
    """What moves through axial cell `i` in this step."""
    first, last = (i, i + 1) if q >= 0.0 else (i + 1, i)
    through, crossing = dt * abs(q), dt * q * profile[Profile.CROSSING, i]
    v[_Q.LUMEN_IN] = through * profile[Profile.LUMEN, first]
    v[_Q.LUMEN_OUT] = through * profile[Profile.LUMEN, last]
    v[_Q.SHELL_IN] = through * profile[Profile.SHELL, first]
    v[_Q.SHELL_OUT] = through * profile[Profile.SHELL, last]
    v[_Q.TO_SHELL] = max(crossing, 0.0)
    v[_Q.TO_LUMEN] = max(-crossing, 0.0)


@compiled
def _transform(c: Zones, k: Row, sign: float) -> None:
    """SID and HCO3 to the form that is marched (`sign` 1), or back (-1)."""
    for z in range(c.shape[0]):
        for i in range(c.shape[1]):
            protein = c[z, i, _S.ALBUMIN] + c[z, i, _S.GLOBULIN]
            c[z, i, _S.SID] -= sign * protein * k[_K.PROTEIN_CHARGE]
            c[z, i, _S.HCO3] += sign * c[z, i, _S.CO2]


@compiled
def march(
    zones: NDArray[np.float64],
    profile: NDArray[np.float64],
    q: float,
    c_in: Row,
    ka_l: Row,
    ka_s: Row,
    sieving: Row,
    rates: NDArray[np.float64],
    k: Row,
    made: Row,
    out: Row,
    dt: float,
) -> None:
    """One backward-Euler step of `dt` s of all species.

    `zones` (Zone, N_CELLS, N_SPECIES) concentrations, changed in place; `profile` of `hydraulics`; `q` mL/s,
    below 0 from the outlet end to the inlet end; `c_in` of what enters, at whichever end, `dt |q| c_in` in
    amount; `ka_l`, `ka_s`, `sieving` of `exchange`; `rates` (Rate, N_CELLS, N_SPECIES). Adds what reactions
    make to `made` and sets `out` to the amounts that leave. CO2 and HCO3 have the same exchange and sieving,
    and no `rates`.
    """
    c, v = np.zeros((_N_CELL, N_SPECIES)), np.empty(_N_FLOW)
    source, up, i = np.empty((N_ZONES, 1, N_SPECIES)), 0, 0
    source[:, 0] = c_in
    _transform(source, k, 1.0)
    _transform(zones, k, 1.0)
    for n in range(N_CELLS):
        i = n if q >= 0.0 else N_CELLS - 1 - n
        acid_l = _acid(zones, Zone.LUMEN, i, k)
        acid_w = _acid(zones, Zone.WALL, i, k)
        acid_s = _acid(zones, Zone.SHELL, i, k)
        _flows(profile, q, i, dt, v)
        _couple(source, up, zones, i, v, ka_l, ka_s, sieving, k, c, dt)
        respired = _react(rates, i, k, c, dt)
        _solve(zones, i, c)
        hydrated = _hydrate(
            source, up, zones, i, acid_l, acid_w, acid_s, v, ka_l, ka_s, sieving, k, respired, dt
        )
        c[_C.MADE, _S.CO2] += respired - hydrated
        c[_C.MADE, _S.HCO3] -= respired - hydrated
        source, up = zones, i
    _transform(zones, k, -1.0)
    for s in range(N_SPECIES):
        made[s] += c[_C.MADE, s]
        # `v` is that of the last axial cell.
        out[s] = v[_Q.LUMEN_OUT] * zones[Zone.LUMEN, i, s] + v[_Q.SHELL_OUT] * zones[Zone.SHELL, i, s]
