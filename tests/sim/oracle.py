"""One setting for the product's kernels and for `reference_rhs`, and adaptive solvers for the latter.

Steady flows of 130/30/100 mL/min, gas that does not change, frozen sieving, binding and exchange, cells that
do not age. Lines are mixed cells, for the ODE to have finitely many states, or keep their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.sparse import csc_matrix
from sksundae.cvode import CVODE

from qh1a.sim import layout, reactor, separator
from qh1a.sim.graph import N_TANKS, Line, Node, Tank, node
from qh1a.sim.layout import S
from qh1a.sim.species import N_SPECIES, Species
from tests.sim.carried import filled, run, steady
from tests.sim.circuits import DRY, PARAMETERS
from tests.sim.reference_rhs import CELLS, N_PLACES, N_ROWS, Held, Place, Reference

Floats = NDArray[np.float64]
K, P = Species, Place
BLOOD, PLASMA, PERFUSION = 130.0 / 60.0, 30.0 / 60.0, 100.0 / 60.0

# Something of every species everywhere it can be, a saturable elimination, cells that clear bound toxins.
STARTS = {
    "heparin": 500.0,
    "citrate": 300.0,
    "hepatocyte_growth_factor": 200.0,
    "prostaglandin_e2": 100.0,
    "vesicles": 50.0,
    "debris": 30.0,
}
PERSON = replace(DRY, **{name: replace(getattr(DRY, name), start=start) for name, start in STARTS.items()})
PERSON = replace(PERSON, heparin=replace(PERSON.heparin, clearance=5.86, maximum=67.5, half=437.0))
CLEARING = replace(
    PARAMETERS.cells.clearance, conjugated_bilirubin=3.0, unconjugated_bilirubin=1.0, ammonia=5.0
)
RIG = replace(PARAMETERS, cells=replace(PARAMETERS.cells, clearance=CLEARING))

TANKS = {
    P.PATIENT: Tank.PATIENT,
    P.ACC: node(Node.ACC),
    P.PRE: node(Node.PRE),
    P.LUMEN: node(Node.LUMEN),
    P.CHAMBER: node(Node.CHAMBER),
    P.FIL: node(Node.FIL),
    P.RES: Tank.RES,
    P.OX: node(Node.OX),
    P.TEE: node(Node.TEE),
    P.F2O: node(Node.F2O),
    P.RET: node(Node.RET),
    P.RETAINED: Tank.RETAINED,
}
LINES = {
    P.ACCESS_LINE: Line.ACCESS,
    P.BLOOD_PUMP: Line.BLOOD_PUMP,
    P.FILTER_IN: Line.FILTER_IN,
    P.FILTER_OUT: Line.FILTER_OUT,
    P.CHAMBER_INLET: Line.CHAMBER_INLET,
    P.RETURN_LINE: Line.RETURN,
    P.FILTRATE: Line.FILTRATE,
    P.RES_OUTLET: Line.RES_OUTLET,
    P.WARMER_1: Line.WARMER_1,
    P.WARMER_2: Line.WARMER_2,
    P.WARMER_3: Line.WARMER_3,
    P.WARMER_OUTLET: Line.WARMER_OUTLET,
    P.OX_INLET: Line.OX_INLET,
    P.BUNDLE: Line.BUNDLE,
    P.RX_INLET: Line.RX_INLET,
    P.RECIRCULATION: Line.RECIRCULATION,
    P.F2_INLET: Line.F2_INLET,
    P.PLASMA_RETURN: Line.PLASMA_RETURN,
}


@dataclass(frozen=True)
class Setting:
    """A circuit, held conditions, and where it starts from."""

    state: Floats
    c: Floats
    reference: Reference

    def concentrations(self, state: Floats) -> Floats:
        """The state as the reference has it."""
        out = np.zeros((N_ROWS, N_SPECIES))
        mass = state[layout.MASS : layout.PERIPHERAL].reshape(N_TANKS, N_SPECIES)
        parcels = layout.parcels(state)
        for place, tank in TANKS.items():
            out[place] = mass[tank]
        for place, line in LINES.items():
            first, end = (int(self.c[layout.LINE_FIRST + line + i]) for i in (0, 1))
            out[place] = parcels[first:end, 1:].sum(axis=0)
        out[P.PERIPHERAL] = state[layout.PERIPHERAL : layout.MADE]
        out[:N_PLACES] /= self.reference.volume[:N_PLACES, None]
        out[N_PLACES:] = reactor.zones(state).reshape(-1, N_SPECIES)
        return np.append(out, state[S.PLATE])

    @cached_property
    def jacobian(self) -> "Jacobian":
        return Jacobian(self)

    @property
    def start(self) -> Floats:
        return self.concentrations(self.state)

    def stepped(self, dt: float, times: Sequence[int]) -> Floats:
        """The product's states at `times`, one row each."""
        state, rows, at, held = self.state.copy(), [], 0, self.reference.held
        flows = steady(held.blood, held.plasma, held.perfusion)
        for time in times:
            run(state, self.c, flows, held.p_o2, held.p_co2, held.watts, dt, round((time - at) / dt))
            rows.append(self.concentrations(state))
            at = time
        return np.array(rows)


@cache
def setting(lines: Literal["mixed", "plug"] = "mixed", *, heated: bool = False) -> Setting:
    """At 130/30/100 mL/min, ripple off; all at 37 C, or with warmer, losses and a room at 23 C."""
    p = replace(RIG, transport=replace(RIG.transport, lines=lines))
    state, c = filled(p, PERSON)
    reactor.zones(state)[:, :, K.DEBRIS] = 40.0
    free, sieving = state[layout.FREE : layout.ZONES], state[layout.SIEVING : layout.FREE]
    free[:3] = 0.05, 2e-3, 0.3
    separator.sieving(c[layout.SEPARATOR : layout.TABLE], 0.5, 0.3, free, 0.0, sieving)
    reactor.refresh(state, c, 1.1e-3)
    reactor.metabolise(state, c)
    state[S.AMBIENT] = 23.0 if heated else 37.0
    held = Held(
        blood=BLOOD,
        plasma=PLASMA,
        perfusion=PERFUSION,
        p_o2=150.0,
        p_co2=38.0,
        watts=25.0 if heated else 0.0,
        ambient=state[S.AMBIENT],
        separator=sieving.copy(),
        ka_lumen=state[layout.KA_LUMEN : layout.KA_SHELL].copy(),
        ka_shell=state[layout.KA_SHELL : layout.RX_SIEVING].copy(),
        sieving=state[layout.RX_SIEVING : layout.RX_RATES].copy(),
        in_lumen=state[layout.PROFILE : layout.PROFILE + CELLS + 1].copy(),
    )
    return Setting(state, c, Reference(p, PERSON, held))


def scales(y: Floats) -> Floats:
    """Largest concentration of each species anywhere, for every entry of the state."""
    largest = np.abs(y[:-1]).reshape(N_ROWS, N_SPECIES).max(axis=0)
    return np.append(np.tile(largest, N_ROWS), 37.0)


class Jacobian:
    """Derivatives of the reference by nudging many states at once, those that no rate has in common."""

    def __init__(self, it: Setting) -> None:
        self._rates, self._nudge = it.reference, 1e-6 * scales(it.start)
        self.rows, self.ends = self._find(it)
        self._columns = np.repeat(np.arange(len(self._nudge)), np.diff(self.ends))
        self._groups = self._colour()

    def _find(self, it: Setting) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rates that depend on each state, state after state, and where those of each begin and end.

        Found where nothing is 0 or at rest.
        """
        y = it.reference.complete(it.start)
        y += 100.0 * self._nudge * (1.5 + np.sin(np.arange(len(y))))
        rates, hits = it.reference(0.0, y), []
        for j in range(len(y)):
            nudged = y.copy()
            nudged[j] += self._nudge[j]
            hits.append(np.flatnonzero(it.reference(0.0, nudged) != rates))
        return np.concatenate(hits), np.cumsum([0, *map(len, hits)])

    def _colour(self) -> NDArray[np.int64]:
        """Number of each state's group."""
        taken: list[set[int]] = []
        groups = np.zeros(len(self._nudge), dtype=np.int64)
        for j in range(len(groups)):
            rows = set(self.rows[self.ends[j] : self.ends[j + 1]].tolist())
            free = (g for g, others in enumerate(taken) if not rows & others)
            group = next(free, len(taken))
            if group == len(taken):
                taken.append(set())
            taken[group] |= rows
            groups[j] = group
        return groups

    def __call__(self, _: float, y: Floats) -> object:
        """The matrix, as scipy wants it."""
        rates, entries = self._rates(0.0, y), np.empty(len(self.rows))
        for group in range(self._groups.max() + 1):
            nudged = np.where(self._groups == group, y + self._nudge, y)
            here = self._groups[self._columns] == group
            entries[here] = (self._rates(0.0, nudged) - rates)[self.rows[here]]
        return self.matrix(entries / self._nudge[self._columns])

    def matrix(self, entries: Floats) -> object:
        """A sparse matrix of these entries."""
        return csc_matrix((entries, self.rows, self.ends), shape=(len(self._nudge), len(self._nudge)))


def tolerances(y: Floats) -> Floats:
    """Absolute tolerance of every entry."""
    return 1e-10 * scales(y) + 1e-14


def by_bdf(it: Setting, times: Sequence[int]) -> Floats:
    """States of the reference at `times` by scipy's BDF, one row each."""
    # Its table of differences begins as memory of any content, subtracted once before it is written.
    with np.errstate(invalid="ignore", over="ignore"):
        found = solve_ivp(
            it.reference,
            (0.0, times[-1]),
            it.start,
            method="BDF",
            rtol=1e-9,
            atol=tolerances(it.start),
            t_eval=times,
            jac=it.jacobian,
        )
    assert found.success
    return np.array([it.reference.complete(y) for y in found.y.T])


def by_cvode(it: Setting, times: Sequence[int]) -> Floats:
    """The same by SUNDIALS' CVODE."""

    def rates(t: float, y: Floats, out: Floats) -> None:
        out[:] = it.reference(t, y)

    solver = CVODE(
        rates,
        rtol=1e-9,
        atol=tolerances(it.start),
        linsolver="sparse",
        sparsity=it.jacobian.matrix(np.ones(len(it.jacobian.rows))),
        max_num_steps=100_000,
    )
    found = solver.solve(np.array([0.0, *times]), it.start)
    assert found.success
    return np.array([it.reference.complete(y) for y in found.y[1:]])
