"""Geometry, hydraulics and wall of the bioreactor against analysis and a boundary value solver."""

from dataclasses import replace
from math import exp, log, pi, sqrt
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_bvp

from qh1a.sim.bioreactor import (
    BOUND,
    N_CELLS,
    N_PROFILE,
    BioreactorConst,
    Configuration,
    Profile,
    bioreactor_constants,
    exchange,
    exchange_constants,
    fouled,
    hydraulics,
    packing,
)
from qh1a.sim.rheology import MMHG_PA
from qh1a.sim.species import N_SPECIES, Species
from tests.sim.reactor_reference import BIOREACTOR, HEAT, MU, Q_100, Array

K = BioreactorConst
CONFIGURATIONS = get_args(Configuration)
FIBRES_ML = 9000 * pi * 150e-6**2 * 0.25 * 1e6
PHYSICS = replace(BIOREACTOR, shell=FIBRES_ML * (1 / 0.40 - 1))
"""The physics reference's cartridge: packing 0.40."""


def solved(
    configuration: Configuration, permeability: float = 5e-10, viscosity: float = MU
) -> tuple[Array, float, float, float]:
    k = bioreactor_constants(replace(PHYSICS, configuration=configuration))
    profile = np.full((N_PROFILE, N_CELLS + 1), np.nan)
    return profile, *hydraulics(k, viscosity, permeability, profile)


def conductance(permeability: float) -> float:
    return float(bioreactor_constants(PHYSICS)[K.WALL_CONDUCTANCE]) * permeability


def test_the_lumen_is_that_of_the_physics_reference() -> None:  # V02
    profile, drop, mean, _ = solved("A")
    assert drop * Q_100 == pytest.approx(10.6112, abs=5e-5)
    assert drop * Q_100 * MMHG_PA == pytest.approx(1414.71, rel=1e-5)
    shear_rate = drop * Q_100 * MMHG_PA * 100e-6 / (2 * 0.25 * MU)
    assert shear_rate == pytest.approx(235.785, rel=1e-6)
    lumen = bioreactor_constants(BIOREACTOR)[K.V_LUMEN] * N_CELLS
    assert lumen / Q_100 == pytest.approx(42.411, abs=6e-4)
    assert mean == 0.0
    assert profile[0, 0] == profile[0, N_CELLS] == 1.0


def test_the_shell_is_happels() -> None:  # V03
    k = bioreactor_constants(PHYSICS)
    assert packing(PHYSICS) == pytest.approx(0.40, rel=1e-12)
    assert k[K.SHELL_RESISTANCE] * MU * Q_100 == pytest.approx(1.23034, rel=1e-5)
    assert k[K.SHEAR] * MU * Q_100 == pytest.approx(0.073814, rel=1e-5)
    a, b = 150e-6, 150e-6 / sqrt(0.40)
    flow, _ = quad(lambda r: 2 * pi * r * ((a * a - r * r) / 4 + b * b / 2 * log(r / a)), a, b, epsrel=1e-12)
    per_fibre = 0.25 / (k[K.SHELL_RESISTANCE] * 9000 * MMHG_PA * 1e6)
    assert per_fibre == pytest.approx(flow, rel=1e-9)


@pytest.mark.parametrize(("permeability", "recirculated"), [(5e-10, 0.0701025), (5e-9, 0.43900)])
def test_starling_recirculation_in_the_closed_shell(permeability: float, recirculated: float) -> None:  # V04
    profile, drop, _, inlet = solved("A", permeability)
    assert profile[Profile.SHELL, N_CELLS // 2] == pytest.approx(recirculated, abs=1e-5)
    assert drop * Q_100 == pytest.approx(10.6112, abs=5e-5)
    if permeability == 5e-10:
        assert inlet * Q_100 == pytest.approx(5.02814, abs=5e-6)
        k = bioreactor_constants(PHYSICS)
        both = (k[K.LUMEN_RESISTANCE] + k[K.SHELL_RESISTANCE]) * MU
        assert sqrt(conductance(permeability) * both) == pytest.approx(0.818271, abs=5e-7)


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
@pytest.mark.parametrize("permeability", [1e-10, 5e-9])
def test_a_boundary_value_solver_agrees(configuration: Configuration, permeability: float) -> None:  # V04
    k, g = bioreactor_constants(PHYSICS), conductance(permeability)
    r_l, r_s = k[K.LUMEN_RESISTANCE] * MU, k[K.SHELL_RESISTANCE] * MU
    starts_in_lumen = configuration != "C"

    def along(_: Array, y: Array) -> Array:
        p_l, p_s, q_l, q_s = y
        return np.array([-r_l * q_l, -r_s * q_s, -g * (p_l - p_s), g * (p_l - p_s)])

    def ends(start: Array, end: Array) -> Array:
        last = {"A": end[2] - 1, "B": end[2], "C": end[2], "D": end[0] - end[1]}[configuration]
        outlet = end[0] if configuration in {"A", "D"} else end[1]
        return np.array([start[2] - starts_in_lumen, start[3] - (not starts_in_lumen), last, outlet])

    z = np.linspace(0, 1, 401)
    guess = np.vstack([10 * (1 - z), 5 * (1 - z), 0.5 + 0 * z, 0.5 + 0 * z])
    bvp = solve_bvp(along, ends, z, guess, tol=1e-10, max_nodes=100_000)
    assert bvp.success
    profile, drop, mean, inlet = solved(configuration, permeability)
    faces = bvp.sol(np.linspace(0, 1, N_CELLS + 1))
    assert profile[Profile.LUMEN] == pytest.approx(faces[2], abs=1e-9)
    assert profile[Profile.SHELL] == pytest.approx(faces[3], abs=1e-9)
    assert inlet == pytest.approx(faces[0, 0] - faces[1, 0], rel=1e-8)
    mean_tmp, _ = quad(lambda x: bvp.sol(x)[0] - bvp.sol(x)[1], 0, 1, epsrel=1e-10)
    assert mean == pytest.approx(mean_tmp, rel=1e-8, abs=1e-9)
    if configuration != "A":  # there the circuit's own figure stands
        first = faces[0, 0] if starts_in_lumen else faces[1, 0]
        assert drop == pytest.approx(first, rel=1e-8)


@given(st.sampled_from(CONFIGURATIONS), st.floats(1e-12, 5e-9), st.floats(5e-4, 3e-3))
def test_not_a_drop_is_lost(configuration: Configuration, permeability: float, viscosity: float) -> None:
    profile, *_ = solved(configuration, permeability, viscosity)
    lumen, shell, crossing, shear = profile
    assert ((lumen >= 0.0) & (lumen <= 1.0)).all()
    assert (lumen + shell == 1.0).all()
    assert (lumen[:-1] - lumen[1:] == crossing[:N_CELLS]).all()
    assert shell[1:] - shell[:-1] == pytest.approx(crossing[:N_CELLS], abs=3e-16)
    assert lumen[0] == (configuration != "C")
    if configuration != "D":
        assert lumen[N_CELLS] == (configuration == "A")
    per_flow = bioreactor_constants(PHYSICS)[K.SHEAR] * viscosity
    assert shear[:N_CELLS] == pytest.approx(per_flow * (shell[1:] + shell[:-1]) / 2, rel=1e-12)


def test_joined_outlets_share_the_flow_by_resistance() -> None:
    dense, leaky = solved("D", 1e-12)[0], solved("D", 5e-9)[0]
    assert dense[Profile.LUMEN, N_CELLS] == pytest.approx(1.0, abs=2e-3)
    assert 0.2 < leaky[Profile.LUMEN, N_CELLS] < 0.3
    assert (np.diff(leaky[Profile.LUMEN]) < 0.0).all()


def test_a_tighter_membrane_costs_pressure_where_all_plasma_crosses() -> None:
    tight, wide = solved("B", 1e-10), solved("B", 5e-9)
    assert tight[2] == pytest.approx(1 / conductance(1e-10), rel=1e-12)  # mean pressure across the wall
    assert tight[1] > wide[1] > wide[2]


def test_pores_foul() -> None:
    k = bioreactor_constants(BIOREACTOR)
    assert 1 - fouled(1.0, k, 7200.0) == pytest.approx(0.07, abs=1e-3)  # 400 kDa, physics reference 1.1.1
    assert fouled(fouled(1.0, k, 60.0), k, 60.0) == pytest.approx(exp(-0.036 / 30.0), rel=1e-12)


def test_volumes() -> None:
    k = bioreactor_constants(BIOREACTOR)
    assert k[K.V_LUMEN] * N_CELLS == pytest.approx(70.6858, rel=1e-6)
    assert k[K.V_WALL] * N_CELLS == pytest.approx(0.7 * (FIBRES_ML - 70.6858) + 2.12058e4 * 1e-3, rel=1e-5)
    assert k[K.V_SHELL] * N_CELLS == pytest.approx(120.0, rel=1e-12)


def exchanged(free: float) -> Array:
    rows = np.full((3, N_SPECIES), np.nan)
    exchange(exchange_constants(BIOREACTOR, HEAT), np.full(3, free), *rows)
    return rows


def test_film_and_membrane_limit_exchange_in_series() -> None:
    ka_l, ka_s, _ = exchanged(1.0) * N_CELLS
    b = replace(BIOREACTOR, pore_diffusion=1.0 / 2.7)
    k_wall = exchange_constants(b, HEAT)[0, Species.O2] * N_CELLS
    assert k_wall * 60 == pytest.approx(1395, rel=1e-3)  # physics reference 1.1.2
    assert k_wall * 1e-6 / 1.413717 == pytest.approx(1.645e-5, rel=1e-3)
    # Slits of a given hydraulic diameter: 4 volumes per wetted area.
    film = 3.66 * 2.7e-9 / (4 * 120e-6 / 2.120575) * 2.120575 * 1e6
    assert ka_s[Species.O2] == pytest.approx(film, rel=1e-6)
    assert ka_l[Species.GLUCOSE] / ka_l[Species.O2] == pytest.approx(0.9 / 2.7, rel=1e-12)
    film, membrane = 200e-6 / (3.66 * 0.6e-10), 100e-6 * log(1.5) / (0.37 * 0.5 * 0.6e-10)
    assert ka_l[Species.ALBUMIN] == pytest.approx(1.413717e6 / (film + membrane), rel=1e-6)


def test_every_species_has_its_way() -> None:
    ka_l, ka_s, sieving = exchanged(0.5)
    debris = ka_s[Species.DEBRIS] * 60.0
    assert ka_l[Species.RBC] == ka_s[Species.RBC] == sieving[Species.RBC] == 0.0
    assert ka_l[Species.DEBRIS] == 0.0
    assert debris == pytest.approx(bioreactor_constants(BIOREACTOR)[K.V_WALL], rel=1e-12)
    assert sieving[Species.DEBRIS] == 1e-4
    others = [s for s in Species if s not in {Species.RBC, Species.DEBRIS}]
    assert (ka_l[others] > 0.0).all()
    assert (ka_s[others] > 0.0).all()
    assert (sieving[others] >= 0.5).all()
    for rows in (ka_l, ka_s, sieving):  # pH in the wall: strong ions and all carbon dioxide move as one
        assert rows[Species.CO2] == rows[Species.HCO3] == rows[Species.SID]


def test_heat_passes_lumen_wall_and_shell_in_series() -> None:
    ka_l, ka_s, sieving = exchanged(0.5)
    heat = ka_l[Species.HEAT] * ka_s[Species.HEAT] / (ka_l[Species.HEAT] + ka_s[Species.HEAT]) * N_CELLS
    assert heat == pytest.approx(HEAT, rel=1e-12)
    assert sieving[Species.HEAT] == 1.0


def test_bound_solutes_move_with_albumin() -> None:
    none, half, all_free = exchanged(0.0), exchanged(0.5), exchanged(1.0)
    for species in BOUND:
        assert (none[:, species] == none[:, Species.ALBUMIN]).all()
        assert all_free[2, species] == 1.0
        assert half[:, species] == pytest.approx((none[:, species] + all_free[:, species]) / 2, rel=1e-12)
    assert all_free[0, Species.BILE_ACIDS] / all_free[0, Species.CB] == pytest.approx(0.6 / 0.5, rel=1e-12)
    rows = np.zeros((3, N_SPECIES))
    exchange(exchange_constants(BIOREACTOR, HEAT), np.array([1.0, 0.0, 0.0]), *rows)
    assert rows[2, list(BOUND)].tolist() == [1.0, 0.95, 0.95]
