"""The start gates: each reason not to start is found and named with what is allowed; nothing else is said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from qh1a.config import load_limits, load_prescription, load_rig, resolve, shipped
from qh1a.gates import Gate, GateRefusal, kind_of, prescription_refusals, shut
from qh1a.plant import Identity, PlantKind
from qh1a.settings import Device, Limits, Prescription, Rig

G, K = Gate, PlantKind
LIMITS: Final = load_limits(resolve("default.toml", "limits"))
SIM_RIG: Final = load_rig(resolve("sim.toml", "rigs"))
P4H: Final = load_prescription(resolve("4h.toml", "prescriptions"))
BENCH: Final = load_prescription(resolve("bench-10min.toml", "prescriptions"))
TODAY: Final = date(2030, 6, 15)


def identity(device: str, serial: str) -> Identity:
    return Identity(device, serial, "1.0", 1)


HERE: Final = tuple(identity(d, f"SIM-{d.upper()}") for d in ("circuit", "sensors", "node"))
EMULATED: Final[tuple[Identity, ...]] = (identity("pump", "EMU-0001"), identity("node", "EMU-0002"))
REAL: Final[tuple[Identity, ...]] = (identity("pump", "A77-0001"), identity("node", "QN-0002"))


def rig(kind: str, devices: tuple[Identity, ...]) -> Rig:
    known = {i.device: Device(i.serial) for i in devices}
    return replace(SIM_RIG, kind=kind, devices=known)  # type: ignore[arg-type] # one of its three


def start(
    kind: PlantKind = K.SIM,
    here: tuple[Identity, ...] = HERE,
    own: Rig = SIM_RIG,
    p: Prescription = P4H,
    limits: Limits = LIMITS,
    today: date = TODAY,
) -> tuple[GateRefusal, ...]:
    return shut(kind, here, own, p, limits, today)


def said(found: tuple[GateRefusal, ...]) -> list[tuple[Gate, str, str]]:
    assert all(r.allowed and r.value and r.what for r in found)
    return [(r.gate, r.what, r.value) for r in found]


@pytest.mark.parametrize("name", shipped("prescriptions"))
def test_every_shipped_prescription_may_start_on_the_simulator(name: str) -> None:
    assert start(p=load_prescription(resolve(name, "prescriptions"))) == ()


def test_a_rig_and_a_bench_of_their_own_devices_may_start() -> None:
    assert start(K.RIG, EMULATED, rig("RIG", EMULATED)) == ()
    assert start(K.RIG, EMULATED, rig("RIG", EMULATED), p=BENCH) == ()
    assert start(K.RIG, REAL, rig("RIG", REAL)) == ()
    assert start(K.BENCH, REAL, rig("BENCH", REAL)) == ()


# -- what the plant is ------------------------------------------------------------------------------------


def test_a_patient_is_reserved() -> None:
    (found,) = start(K.PATIENT, REAL, rig("BENCH", REAL))
    assert found[:3] == (G.PLANT_KIND, "plant", "PATIENT")
    assert "reserved" in found.allowed


@pytest.mark.parametrize(("plant", "here", "file"), [(K.RIG, REAL, "BENCH"), (K.BENCH, REAL, "RIG")])
def test_the_plant_is_what_its_rig_file_says(plant: PlantKind, here: tuple[Identity, ...], file: str) -> None:
    (found,) = start(plant, here, rig(file, here))
    assert found[:3] == (G.PLANT_KIND, "plant", plant.value)
    assert file in found.allowed


@pytest.mark.parametrize("plant", list(K))
def test_emulated_devices_make_a_rig_whatever_it_says(plant: PlantKind) -> None:
    assert kind_of(plant, EMULATED) is K.RIG
    assert kind_of(plant, (*REAL, EMULATED[0])) is K.RIG, "one is enough"
    assert kind_of(plant, REAL) is plant


def test_an_emulated_bench_is_refused_as_the_rig_it_is() -> None:
    (found,) = start(K.BENCH, EMULATED, rig("BENCH", EMULATED))
    assert found[:3] == (G.PLANT_KIND, "plant", "RIG")
    assert "EMU-*" in found.allowed


def test_a_simulator_never_stands_in_for_a_device_nor_a_device_for_it() -> None:
    here = (*REAL[:1], identity("node", "SIM-NODE"))
    assert said(start(K.BENCH, here, rig("BENCH", here))) == [(G.PLANT_KIND, "serial of node", "SIM-NODE")]
    here = (*HERE[:2], identity("node", "QN-0002"))
    assert said(start(K.SIM, here, rig("SIM", here))) == [(G.PLANT_KIND, "serial of node", "QN-0002")]


@pytest.mark.parametrize(
    ("kind", "here", "refused"), [(K.SIM, HERE, False), (K.RIG, EMULATED, False), (K.BENCH, REAL, True)]
)
def test_a_bench_session_is_for_sim_and_rig(
    kind: PlantKind, here: tuple[Identity, ...], refused: bool
) -> None:
    found = said(start(kind, here, rig(kind.value, here), p=BENCH))
    assert found == ([(G.PURPOSE, "prescription.purpose", "bench")] if refused else [])


# -- which devices ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("gone", range(3))
def test_a_device_that_does_not_answer_stops_the_start(gone: int) -> None:
    here = tuple(i for k, i in enumerate(HERE) if k != gone)
    (found,) = start(here=here)
    assert found[:2] == (G.DEVICE_MISSING, HERE[gone].device)
    assert HERE[gone].serial in found.allowed


def test_nothing_answers() -> None:
    assert [r.gate for r in start(here=())] == [G.DEVICE_MISSING] * 3
    any_node = replace(SIM_RIG, devices={"node": Device()})
    (found,) = start(here=(), own=any_node)
    assert "any serial" in found.allowed


def test_a_device_that_the_rig_does_not_name_stops_the_start() -> None:
    (found,) = start(here=(*HERE, identity("scale", "SIM-SCALE")))
    assert found[:3] == (G.DEVICE_STRANGER, "scale", "SIM-SCALE")
    assert "circuit, sensors, node" in found.allowed


def test_another_device_of_the_same_kind_stops_the_start() -> None:
    other = (*HERE[:2], identity("node", "SIM-NODE-2"))
    (found,) = start(here=other)
    assert found[:3] == (G.DEVICE_STRANGER, "node", "SIM-NODE-2")
    assert "SIM-NODE," in found.allowed
    devices = {**SIM_RIG.devices, "node": Device()}
    assert start(here=other, own=replace(SIM_RIG, devices=devices)) == (), "any serial will do"


def test_two_swapped_devices_are_both_strangers() -> None:
    here = (identity("pump", "QN-0002"), identity("node", "A77-0001"))
    assert [r[:3] for r in start(K.BENCH, here, rig("BENCH", REAL))] == [
        (G.DEVICE_STRANGER, "pump", "QN-0002"), (G.DEVICE_STRANGER, "node", "A77-0001"),
    ]  # fmt: skip


def test_two_devices_of_one_name_or_one_serial_stop_the_start() -> None:
    assert said(start(here=(*HERE, HERE[0]))) == [(G.DEVICE_TWICE, "circuit", "2 answers")]
    own = replace(SIM_RIG, devices={"circuit": Device(), "sensors": Device(), "node": Device()})
    here = (*HERE[:2], identity("node", "SIM-CIRCUIT"))
    assert said(start(here=here, own=own)) == [(G.DEVICE_TWICE, "circuit and node", "SIM-CIRCUIT")]


# -- what is prescribed -----------------------------------------------------------------------------------

Change = Callable[[Prescription, float], Prescription]


def flow(name: str) -> Change:
    return lambda p, x: replace(p, flows=replace(p.flows, **{name: x}))


def prepared(p: Prescription, x: float) -> Prescription:
    return replace(p, preparation=replace(p.preparation, reservoir_g=x))


BOUNDS: Final[tuple[tuple[str, Change, dict[str, float], float, float], ...]] = (
    # key, how to set it, limits in force where not the shipped ones, good, bad
    ("flows.plasma_ml_min", flow("plasma_ml_min"), {}, 35.09, 35.1),  # 0.27 x 130
    ("flows.plasma_ml_min", flow("plasma_ml_min"), {"qp_qb_warn": 0.2}, 25.99, 26.0),
    ("flows.temperature_c", flow("temperature_c"), {"t_br_hold_c": 38.0}, 37.69, 37.7),
    ("flows.temperature_c", flow("temperature_c"), {"t_w_hold_c": 38.0}, 37.49, 37.5),
    ("flows.temperature_c", flow("temperature_c"), {"t_set_high_c": 37.75}, 37.24, 37.25),
    ("flows.temperature_c", flow("temperature_c"), {"t_ret_warn_c": 36.0}, 37.01, 37.0),
    ("flows.do_in_mmhg", flow("do_in_mmhg"), {"do_in_warn_mmhg": 160.0}, 159.9, 160.0),
    ("flows.ph", flow("ph"), {"ph_low_warn": 7.38}, 7.381, 7.38),
    ("flows.ph", flow("ph"), {"ph_high_warn": 7.42}, 7.419, 7.42),
    ("flows.blood_ml_min", flow("blood_ml_min"), {"p_ven_high_mmhg": 80.0}, 179.9, 180.0),  # 8 + 0.40 x Q_b
    (
        "anticoagulation.cap_ml",
        lambda p, x: replace(p, anticoagulation=replace(p.anticoagulation, cap_ml=x)), {}, 47.9, 48.0,
    ),
    ("preparation.reservoir_g", prepared, {"w_r_low_g": 100.0}, 100.1, 100.0),
    ("preparation.reservoir_g", prepared, {"w_r_high_g": 200.0}, 199.9, 200.0),
    ("preparation.reservoir_g", prepared, {"balance_band_low_g": 140.0}, 140.1, 140.0),
    ("preparation.reservoir_g", prepared, {"balance_band_high_g": 160.0}, 159.9, 160.0),
    (
        "rinseback.chase_ml",
        lambda p, x: replace(p, rinseback=replace(p.rinseback, chase_ml=x)), {}, 399.0, 400.0,
    ),
    (
        "rinseback.saline_ml",
        lambda p, x: replace(p, rinseback=replace(p.rinseback, saline_ml=x)), {}, 299.0, 300.0,
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("key", "change", "tight", "good", "bad"), BOUNDS, ids=[f"{b[0]} {b[4]}" for b in BOUNDS]
)
def test_what_the_limits_would_trip_on_at_once_is_refused_at_the_limit_itself(
    key: str, change: Change, tight: dict[str, float], good: float, bad: float
) -> None:
    limits = Limits("tight", {**LIMITS.value, **tight})
    assert start(p=change(P4H, good), limits=limits) == ()
    (found,) = start(p=change(P4H, bad), limits=limits)
    assert found[:3] == (G.PRESCRIPTION_LIMITS, f"prescription.{key}", f"{bad:g}")
    assert "limits." in found.allowed
    assert f"{bad:g}" in found.allowed, "what is allowed is named"


def test_without_a_rig_the_pressure_in_the_return_line_is_not_known() -> None:
    tight = Limits("tight", {**LIMITS.value, "p_ven_high_mmhg": 59.0})
    assert prescription_refusals(P4H, tight, TODAY) == ()
    assert [r.what for r in start(limits=tight)] == ["prescription.flows.blood_ml_min"]


def test_a_cartridge_is_good_on_its_last_day() -> None:
    p = replace(P4H, cartridge=replace(P4H.cartridge, expires="2030-06-15"))
    assert start(p=p) == ()
    assert start(p=p, today=date(2029, 12, 31)) == ()
    found = start(p=p, today=date(2030, 6, 16))
    assert said(found) == [(G.CARTRIDGE_EXPIRED, "prescription.cartridge.expires", "2030-06-15")]
    assert "2030-06-16" in found[0].allowed


def test_every_gate_can_be_shut_and_all_are_said_in_one_go() -> None:
    old = replace(BENCH, cartridge=replace(BENCH.cartridge, expires="2020-01-01"))
    worse = replace(old, rinseback=replace(old.rinseback, saline_ml=300.0))
    here = (REAL[0], REAL[0], identity("scale", "SC-1"))
    found = start(K.BENCH, here, rig("RIG", REAL), worse)
    assert {r.gate for r in found} == set(G)
