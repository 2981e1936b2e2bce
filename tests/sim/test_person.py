"""Patient files: what they hold, and that every bound is kept."""

from dataclasses import fields
from pathlib import Path

import pytest

from qh1a.config import ConfigError, build, load, root, rows_of, to_tree
from qh1a.config.tables import FieldRow
from qh1a.sim.person import Person, blood_volume, plasma_volume
from qh1a.sim.pools import Pool, pool_constants, solutes
from qh1a.sim.species import Species

FOLDER = root() / "patients"
FILES = sorted(FOLDER.glob("*.toml"))
ANCHORS = [f for f in FILES if f.stem.startswith("anchor-")]
TYPICAL = FOLDER / "aclf-typical.toml"
BOUNDED = [row for row in rows_of(Person) if row.kind == "number"]


def test_the_patients_are_there() -> None:
    assert [f.stem for f in FILES] == [
        "aclf-mild", "aclf-severe", "aclf-typical", "anchor-schneditz", "anchor-stadlbauer", "anchor-yao",
        "small-anaemic",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stem", "own"),
    [
        ("schneditz", {"conjugated_bilirubin"}),
        ("stadlbauer", {"bile_acids"}),
        ("yao", {"conjugated_bilirubin", "unconjugated_bilirubin"}),
    ],
)
def test_an_anchor_is_the_typical_patient_but_for_what_was_published(stem: str, own: set[str]) -> None:
    anchor, typical = load(Person, FOLDER / f"anchor-{stem}.toml"), load(Person, TYPICAL)
    names = [field.name for field in fields(Person)]
    assert {name for name in names if getattr(anchor, name) != getattr(typical, name)} == own


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_file_to_value_to_file(file: Path) -> None:
    person = load(Person, file)
    assert build(Person, to_tree(person), "header", "patient") == person


@pytest.mark.parametrize("file", [f for f in FILES if f not in ANCHORS], ids=lambda f: f.stem)
def test_figures_that_follow_from_others(file: Path) -> None:
    """What a file writes though it goes with weight, plasma or the start (physics reference 1.5)."""
    person = load(Person, file)
    kg = person.weight
    assert person.heparin.central == pytest.approx(0.068 * kg, rel=2e-3)
    assert person.fluid.interstitial >= 0.199 * kg
    for volume in (person.debris.central, person.free_haemoglobin.central):
        assert volume * 1e3 == pytest.approx(plasma_volume(person), rel=5e-3)
    # Bilirubin rises without treatment; creatinine follows the kidney; all else starts in balance.
    rising = {Species.CB, Species.UCB, Species.CREATININE}
    for species, row in zip(Species, pool_constants(person), strict=True):
        if species not in rising:
            lost = row[Pool.CLEARANCE] * row[Pool.START]
            assert row[Pool.GENERATION] == pytest.approx(lost, rel=0.02), species
    for solute in (person.conjugated_bilirubin, person.unconjugated_bilirubin):
        assert solute.generation is not None
        assert solute.generation > 0.0 == solute.clearance


def test_severity_is_ordered() -> None:
    mild, typical, severe = (
        load(Person, FOLDER / f"aclf-{name}.toml") for name in ("mild", "typical", "severe")
    )
    for a, b in ((mild, typical), (typical, severe)):
        for species, worse in solutes(b).items():
            better = solutes(a)[species]
            if species not in (Species.GLUCOSE, Species.FHB):
                assert better.start <= worse.start
            if species not in (Species.GLUCOSE, Species.HEPARIN):
                assert better.clearance >= worse.clearance
        assert a.albumin > b.albumin
        assert a.haemodynamics.map > b.haemodynamics.map
        assert a.coagulation.antithrombin > b.coagulation.antithrombin
        assert a.coagulation.act < b.coagulation.act


def test_volumes() -> None:
    person = load(Person, TYPICAL)
    assert blood_volume(person) == pytest.approx(4550.0)
    assert plasma_volume(person) == pytest.approx(2866.5)


@pytest.mark.parametrize("row", BOUNDED, ids=lambda r: r.key)
def test_every_bound_is_kept(row: FieldRow) -> None:
    assert row.lo is not None
    assert row.hi is not None
    outside = (row.lo if row.lo_open else row.lo - 1e-6, row.hi * (1.0 + 1e-6), float("nan"), float("inf"))
    for value in outside:
        with pytest.raises(ConfigError, match="allowed") as refused:
            load(Person, TYPICAL, overrides={f"patient.{row.key}": value}, prefix="patient")
        assert refused.value.key == f"patient.{row.key}"


def test_unknown_and_missing_keys_are_refused() -> None:
    with pytest.raises(ConfigError, match="nearest is clearance"):
        load(Person, TYPICAL, overrides={"patient.urea.clearence": 1.0}, prefix="patient")
    tree = to_tree(load(Person, TYPICAL))
    assert isinstance(tree, dict)
    del tree["citrate"]
    with pytest.raises(ConfigError, match="citrate"):
        build(Person, tree, "f", "patient")


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("urea.peripheral", 0.0, "second pool"),
        ("urea.exchange", 0.0, "second pool"),
        ("ammonia.exchange", 1.0, "second pool"),
        ("coagulation.calcium_diffusible", 2.06, "part of calcium"),
    ],
)
def test_contradictions_are_refused(key: str, value: float, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        load(Person, TYPICAL, overrides={f"patient.{key}": value}, prefix="patient")


def test_arterial_pressure_is_above_venous_by_the_bounds() -> None:
    bound = {row.key: row for row in BOUNDED}
    lowest, highest = bound["haemodynamics.map"].lo, bound["cvp"].hi
    assert lowest is not None
    assert highest is not None
    assert lowest > highest
