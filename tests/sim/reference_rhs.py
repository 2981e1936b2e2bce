"""All that the fluid carries as one ordinary differential equation, written a second time in plain numpy.

With `reference_patient` it shares no code with the product's transport, march, gas side, pools or thermal
kernels, and no table of paths: figures come from the parameter files. Every line is one mixed cell; flows,
gas tensions, sieving, binding and exchange through the fibre wall are held, the cells do not age.
"""

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from math import log, log10, pi

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.species import N_SPECIES, Species
from tests.sim.reference_patient import Patient

Floats = NDArray[np.float64]
S = Species
CELLS = 20
WHOLE_BLOOD = np.isin(np.arange(N_SPECIES), [S.RBC, S.O2, S.HEAT])


class Place(IntEnum):
    """Rows of the state outside the bioreactor, along the flow; the last two are no tanks."""

    PATIENT = 0
    ACCESS_LINE = 1
    ACC = 2
    BLOOD_PUMP = 3
    PRE = 4
    FILTER_IN = 5
    LUMEN = 6
    FILTER_OUT = 7
    CHAMBER_INLET = 8
    CHAMBER = 9
    RETURN_LINE = 10
    FIL = 11
    FILTRATE = 12
    RES = 13
    RES_OUTLET = 14
    WARMER_1 = 15
    WARMER_2 = 16
    WARMER_3 = 17
    WARMER_OUTLET = 18
    OX_INLET = 19
    OX = 20
    BUNDLE = 21
    RX_INLET = 22
    TEE = 23
    RECIRCULATION = 24
    F2_INLET = 25
    F2O = 26
    RET = 27
    PLASMA_RETURN = 28
    PERIPHERAL = 29
    RETAINED = 30


P = Place
N_PLACES = len(Place)
FLOWING = N_PLACES - 2
N_ROWS = N_PLACES + 3 * CELLS
SIZE = N_ROWS * N_SPECIES + 1
"""Concentrations of places, then of lumen, wall and shell; last the temperature of the warmer's plate."""
WARMER = [P.WARMER_1, P.WARMER_2, P.WARMER_3]
BLOOD_TUBING = [P.ACCESS_LINE, P.ACC, P.BLOOD_PUMP, P.PRE, P.CHAMBER_INLET, P.CHAMBER, P.RETURN_LINE]
PLASMA_TUBING = [P.FIL, P.FILTRATE, P.RES_OUTLET, P.TEE, P.RECIRCULATION, P.RET, P.PLASMA_RETURN]
# Plasma between the membrane and the second filter's outlet, where no red cell speeds hydration up.
HYDRATING = np.arange(P.FIL, P.F2O + 1)


@dataclass(frozen=True)
class Held:
    """What stands still: flows mL/s, tensions mmHg, W, C; per species sieving and mL/s through the wall."""

    blood: float
    plasma: float
    perfusion: float
    p_o2: float
    p_co2: float
    watts: float
    ambient: float
    separator: Floats
    ka_lumen: Floats
    ka_shell: Floats
    sieving: Floats
    in_lumen: Floats
    """Share of the flow that is in the lumen at each of the `CELLS` + 1 faces."""


def volumes(p: CircuitParameters, person: Person) -> Floats:
    """mL of every row; amounts of the last two places are given over the patient's blood volume."""
    v, blood, rx = p.volumes, person.weight * person.blood_per_kg, p.bioreactor
    lumen = pi * (rx.inner_radius * 1e-6) ** 2 * rx.length * rx.fibres * 1e6
    wall = pi * ((rx.outer_radius * 1e-6) ** 2 * rx.length * rx.fibres * 1e6) - lumen
    layer = 2.0 * pi * rx.outer_radius * 1e-6 * rx.length * rx.fibres * rx.cell_layer
    out = np.empty(N_ROWS)
    out[:N_PLACES] = [
        blood,
        *(v.access_line, v.access_node, v.blood_pump, v.pre_filter_node),
        *(v.filter_inlet_half, v.filter_node, v.filter_outlet_half, v.chamber_inlet),
        *(p.chamber.blood, v.chamber_to_detector + v.detector_to_clamp + v.clamp_to_patient),
        *(v.filtrate_node, v.filtrate_line, p.reservoir.start / 1.025, v.reservoir_outlet),
        *(v.warmer / 3.0, v.warmer / 3.0, v.warmer / 3.0, v.warmer_outlet),
        *(v.oxygenator_inlet_part, v.oxygenator_node, v.oxygenator_bundle, v.bioreactor_inlet),
        *(v.tee_node, v.recirculation, v.second_filter_inlet, v.second_filter_node),
        *(v.plasma_return_node, v.plasma_detector_to_clamp + v.plasma_clamp_to_chamber),
        *(blood, blood),
    ]
    zones = (lumen, wall * rx.porosity + layer, rx.shell)
    for z, volume in enumerate(zones):
        out[N_PLACES + z * CELLS : N_PLACES + (z + 1) * CELLS] = volume / CELLS
    return out


def _streams(blood: float, plasma: float, perfusion: float) -> list[tuple[float, list[Place]]]:
    """Flow in mL/s and the places it passes, each from the one before with all that it carries."""
    filtered, back = blood - plasma, perfusion - plasma
    return [
        (blood, [P.PATIENT, P.ACCESS_LINE, P.ACC, P.BLOOD_PUMP, P.PRE, P.FILTER_IN, P.LUMEN]),
        (filtered, [P.LUMEN, P.FILTER_OUT, P.CHAMBER_INLET, P.CHAMBER]),
        (blood, [P.CHAMBER, P.RETURN_LINE, P.PATIENT]),
        (plasma, [P.FIL, P.FILTRATE, P.RES]),
        (
            perfusion,
            [P.RES, P.RES_OUTLET, *WARMER, P.WARMER_OUTLET, P.OX_INLET, P.OX, P.BUNDLE, P.RX_INLET],
        ),
        (back, [P.TEE, P.RECIRCULATION, P.RES]),
        (plasma, [P.TEE, P.F2_INLET]),
        (plasma, [P.F2O, P.RET, P.PLASMA_RETURN, P.CHAMBER]),
    ]


class Reference:
    """The right-hand side for one circuit, patient and set of held conditions."""

    def __init__(self, p: CircuitParameters, person: Person, held: Held) -> None:
        self.p, self.patient = p, Patient(person)
        self.volume = volumes(p, person)
        self.hold(held)
        self._heat()
        self._cells()

    def hold(self, held: Held) -> None:
        """Let these conditions stand from now on."""
        self.held = held
        self._advection()
        ox = self.p.oxygenator
        faster = (held.perfusion * 60.0 / ox.ka_flow) ** ox.ka_exponent
        r_o2 = max(ox.ka_o2 / 60.0 / self.p.volumes.oxygenator_bundle * faster, ox.still)
        self.gas = r_o2, r_o2 * ox.ka_co2 / ox.ka_o2

    def _advection(self) -> None:
        """Matrix of the plain streams; membrane, second filter and bioreactor are not plain."""
        held, v = self.held, self.volume
        self.plain = np.zeros((FLOWING, FLOWING))
        for q, along in _streams(held.blood, held.plasma, held.perfusion):
            for source, target in pairwise(along):
                self.plain[source, source] -= q / v[source]
                self.plain[target, source] += q / v[target]
        self.passes = np.ones(N_SPECIES)
        self.passes[[S.RBC, S.DEBRIS]] = 0.0
        self.passes[S.EV] = self.p.second_filter.sieving_vesicles
        along_l = held.in_lumen * held.perfusion
        self.lumen_in, self.lumen_out = along_l[:-1, None], along_l[1:, None]
        self.shell_in, self.shell_out = held.perfusion - self.lumen_in, held.perfusion - self.lumen_out
        crossing = self.lumen_in - self.lumen_out
        self.outwards, self.inwards = np.maximum(crossing, 0.0), np.maximum(-crossing, 0.0)

    def _heat(self) -> None:
        """Share of the excess over room temperature that each row loses per second."""
        th, v = self.p.thermal, self.volume
        watts_per_k = np.zeros(N_ROWS)
        watts_per_k[BLOOD_TUBING] = th.blood_tubing_loss * v[BLOOD_TUBING]
        watts_per_k[PLASMA_TUBING] = th.plasma_tubing_loss * v[PLASMA_TUBING]
        wholes: list[tuple[list[int], float]] = [
            ([P.FILTER_IN, P.LUMEN, P.FILTER_OUT], th.separator_loss),
            ([P.WARMER_OUTLET, P.OX_INLET, P.OX, P.BUNDLE, P.RX_INLET], th.warmer_to_bioreactor_loss),
            ([P.F2_INLET, P.F2O], th.second_filter_loss),
            ([P.RES], th.reservoir_loss),
            ([*range(N_PLACES + 2 * CELLS, N_ROWS)], th.bioreactor_loss),
        ]
        for places, whole in wholes:
            watts_per_k[places] = whole * v[places] / v[places].sum()
        self.cooling = watts_per_k / (v * th.heat_capacity)

    def _cells(self) -> None:
        """The cells of one axial cell, all alive; nmol/s, mL/s, amount/s."""
        c, rx = self.p.cells, self.p.bioreactor
        self.count = c.count / CELLS
        self.oxygen = self.count * c.oxygen_uptake * 1e-6 / 3600.0
        self.glucose = self.count * c.glucose_uptake * 1e-3 / 86400.0
        area = 2.0 * pi * rx.outer_radius * 1e-6 * rx.length * rx.fibres / CELLS
        # Uptake in mol/m2/s over the layer in m and its diffusivity: mol/m3, which is 1000 umol/L.
        per_layer = self.oxygen * 1e-9 / area * rx.cell_layer * 1e-6 / c.layer_diffusivity
        self.thiele = per_layer * 1e3
        m, more = c.secretion, c.licensing
        self.rest = np.array([m.vesicles, m.hgf, m.pge2, m.il6]) * self.count * 1e-6 / 86400.0
        self.licensed = np.array([more.vesicles, more.hgf, more.pge2, more.il6])
        per = self.count / 1e9 / 60.0
        cleared = c.clearance
        self.sink = np.zeros(N_SPECIES)
        self.sink[S.CB] = cleared.conjugated_bilirubin * per
        self.sink[S.UCB] = cleared.unconjugated_bilirubin * per
        self.sink[S.AMMONIA] = cleared.ammonia * per

    # -- patient ---------------------------------------------------------------------------------------------

    def resting(self, m: Floats) -> tuple[float, float, float]:
        """O2, CO2 and HCO3 amounts of the patient's blood, which the lung keeps; `m` amounts."""
        a, gas, blood = self.p.acid_base, self.patient.person.blood_gas, self.patient.blood
        rbc, plasma = float(m[S.RBC]), blood - float(m[S.RBC])
        protein = float(m[S.ALBUMIN] + m[S.GLOBULIN]) / plasma
        sid = float(m[S.SID] / self.patient.spread(rbc)[S.SID])
        co2 = a.co2_solubility * gas.pco2
        buffer, free = a.other_buffer + protein * a.protein_slope, sid - protein * a.protein_charge
        at = a.pk + log10(max(free, 1.0) / co2)
        for _ in range(50):
            hco3 = co2 * 10.0 ** (at - a.pk)
            step = (hco3 + buffer * (at - 7.4) - free) / (hco3 * log(10.0) + buffer)
            at -= step
            if abs(step) < 1e-13:
                break
        o2 = self.oxygen_content(gas.po2_venous, rbc / blood) * blood
        return o2, co2 * plasma, co2 * 10.0 ** (at - a.pk) * plasma

    def oxygen_content(self, p: float, hct: float) -> float:
        """umol/L in blood at `p` mmHg."""
        o = self.p.oxygen
        return o.solubility * p + o.capacity * hct / (23400.0 / (p**3 + 150.0 * p) + 1.0)

    def dissolved(self, content: float, hct: float) -> float:
        """umol/L of oxygen in the plasma of blood with `content`: bisection, then Newton."""
        o = self.p.oxygen
        low, high = 0.0, content / o.solubility
        for _ in range(12):
            mid = 0.5 * (low + high)
            low, high = (mid, high) if self.oxygen_content(mid, hct) < content else (low, mid)
        x = 0.5 * (low + high)
        for _ in range(6):
            bound = 23400.0 * (3.0 * x * x + 150.0) / (23400.0 + x**3 + 150.0 * x) ** 2
            x -= (self.oxygen_content(x, hct) - content) / (o.solubility + o.capacity * hct * bound)
        return x * o.solubility

    # -- right-hand side -------------------------------------------------------------------------------------

    def complete(self, y: Floats) -> Floats:
        """A copy of the state with what the patient's body keeps filled in."""
        out = y.copy()
        patient = out[:N_SPECIES]
        o2, co2, hco3 = self.resting(patient * self.patient.blood)
        patient[[S.O2, S.CO2, S.HCO3]] = np.array([o2, co2, hco3]) / self.patient.blood
        patient[S.HEAT] = self.patient.person.temperature
        return out

    def __call__(self, _: float, y: Floats) -> Floats:
        """Rates of change per second, order of the state."""
        full = self.complete(y)
        c, plate = full[:-1].reshape(N_ROWS, N_SPECIES), full[-1]
        d = np.zeros((N_ROWS, N_SPECIES))
        self._circuit(c, d)
        self._bioreactor(c[N_PLACES:], c[P.RX_INLET], d[N_PLACES:])
        outlet = self.lumen_out[-1] * c[N_PLACES + CELLS - 1] + self.shell_out[-1] * c[-1]
        d[P.TEE] += outlet / self.volume[P.TEE]
        self._hydrate(c, d)
        given = self.p.thermal.plate_exchange / 3.0 * (plate - c[WARMER, S.HEAT])
        d[:, S.HEAT] -= self.cooling * (c[:, S.HEAT] - self.held.ambient)
        d[WARMER, S.HEAT] += given / (self.p.thermal.heat_capacity * self.volume[WARMER])
        d[P.PATIENT, [S.O2, S.CO2, S.HCO3, S.HEAT]] = 0.0
        lost = self.p.thermal.plate_loss * (plate - self.held.ambient)
        return np.append(d, (self.held.watts - lost - given.sum()) / self.p.thermal.plate)

    def _circuit(self, c: Floats, d: Floats) -> None:
        """Flow through everything but the bioreactor, the patient's body, and the sweep gas."""
        held, v, patient = self.held, self.volume, self.patient
        flowing, m = c[:FLOWING].copy(), c[P.PATIENT] * patient.blood
        hct = flowing[P.PATIENT, S.RBC]
        in_plasma = (1.0 - hct) * m / patient.spread(m[S.RBC])
        flowing[P.PATIENT] = np.where(WHOLE_BLOOD, flowing[P.PATIENT], in_plasma)
        d[:FLOWING] = self.plain @ flowing
        d[P.RX_INLET] -= held.perfusion * c[P.RX_INLET] / v[P.RX_INLET]
        hct, leak = c[P.LUMEN, S.RBC], held.separator[S.RBC]
        inside = np.where(WHOLE_BLOOD, c[P.LUMEN], c[P.LUMEN] * (1.0 - leak * hct) / (1.0 - hct))
        inside[S.O2] = self.dissolved(float(c[P.LUMEN, S.O2]), float(hct))
        through = held.plasma * held.separator * inside
        d[P.LUMEN] -= through / v[P.LUMEN]
        d[P.FIL] += through / v[P.FIL]
        through = held.plasma * c[P.F2_INLET]
        d[P.F2_INLET] -= through / v[P.F2_INLET]
        d[P.F2O] += self.passes * through / v[P.F2O]
        d[P.RETAINED] = (1.0 - self.passes) * through / patient.blood
        central, outside = patient.change(m, c[P.PERIPHERAL] * patient.blood)
        d[P.PATIENT] += central / patient.blood
        d[P.PERIPHERAL] = outside / patient.blood
        alpha_o2, alpha_co2 = self.p.oxygen.solubility, self.p.acid_base.co2_solubility
        d[P.BUNDLE, S.O2] += self.gas[0] * (alpha_o2 * held.p_o2 - c[P.BUNDLE, S.O2])
        d[P.BUNDLE, S.CO2] += self.gas[1] * (alpha_co2 * held.p_co2 - c[P.BUNDLE, S.CO2])

    def _bioreactor(self, c: Floats, inlet: Floats, d: Floats) -> None:
        """Flow, exchange through the wall, and cells; strong ions and all carbon dioxide move as such."""
        held, charge = self.held, self.p.acid_base.protein_charge
        x = np.vstack([c, inlet])
        x[:, S.SID] -= charge * (x[:, S.ALBUMIN] + x[:, S.GLOBULIN])
        x[:, S.HCO3] += x[:, S.CO2]
        lumen, wall, shell = x[:-1].reshape(3, CELLS, N_SPECIES)
        d_l, d_w, d_s = d.reshape(3, CELLS, N_SPECIES)
        out, back = self.outwards * held.sieving, self.inwards * held.sieving
        from_lumen = (held.ka_lumen + out) * lumen - (held.ka_lumen + back) * wall
        from_wall = (held.ka_shell + out) * wall - (held.ka_shell + back) * shell
        d_l[:] = self.lumen_in * np.vstack([x[-1], lumen[:-1]]) - self.lumen_out * lumen - from_lumen
        d_w[:] = from_lumen - from_wall
        d_s[:] = self.shell_in * np.vstack([x[-1], shell[:-1]]) - self.shell_out * shell + from_wall
        self._metabolism(wall, d_w)
        d /= self.volume[N_PLACES:, None]
        d[:, S.HCO3] -= d[:, S.CO2]
        d[:, S.SID] += charge * (d[:, S.ALBUMIN] + d[:, S.GLOBULIN])

    def _metabolism(self, wall: Floats, d: Floats) -> None:
        """What the cells take and give, amount/s; `d` in the form that moves."""
        cells, kinetics = self.p.cells, self.p.cells.kinetics
        pace = cells.q10 ** ((wall[:, S.HEAT] - 37.0) / 10.0)
        o2, glucose = wall[:, S.O2], wall[:, S.GLUCOSE]
        phi = np.sqrt(pace * self.thiele / (kinetics.oxygen_km + o2))
        with np.errstate(invalid="ignore"):
            effective = np.where(phi > 0.0, np.tanh(phi) / phi, 1.0)
        share = o2 / (kinetics.oxygen_km + o2)
        oxygen = pace * self.oxygen * effective * share
        hurried = 1.0 + kinetics.pasteur * (1.0 - share)
        eaten = pace * self.glucose * hurried * glucose / (kinetics.glucose_km + glucose)
        tnf = wall[:, S.TNF] / (wall[:, S.TNF] + cells.licensing.tnf)
        d -= self.sink * wall
        d[:, S.O2] -= oxygen
        d[:, S.CO2] += kinetics.respiratory_quotient * oxygen
        d[:, S.HCO3] += kinetics.respiratory_quotient * oxygen
        d[:, S.GLUCOSE] -= eaten
        d[:, S.LACTATE] += kinetics.lactate_yield * eaten
        d[:, S.SID] -= kinetics.lactate_yield * eaten
        secreted = pace[:, None] * self.rest * (1.0 + self.licensed * tnf[:, None])
        d[:, [S.EV, S.HGF, S.PGE2, S.IL6]] += secreted

    def _hydrate(self, c: Floats, d: Floats) -> None:
        """Carbon dioxide and bicarbonate in plasma approach each other."""
        a = self.p.acid_base
        rows = np.concatenate([HYDRATING, np.arange(N_PLACES, N_ROWS)])
        fluid = c[rows]
        protein = fluid[:, S.ALBUMIN] + fluid[:, S.GLOBULIN]
        excess = fluid[:, S.SID] - fluid[:, S.HCO3] - protein * a.protein_charge
        at = np.clip(7.4 + excess / (a.other_buffer + protein * a.protein_slope), 2.0, 12.0)
        gained = a.hydration * (fluid[:, S.CO2] - 10.0 ** (a.pk - at) * fluid[:, S.HCO3])
        d[rows, S.HCO3] += gained
        d[rows, S.CO2] -= gained
