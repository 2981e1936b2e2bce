"""The frozen cohort: its bytes, its marginals and correlations beside what is published, and its patients."""

import hashlib
from dataclasses import replace
from functools import cache
from itertools import islice
from math import pi, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import rankdata

from qh1a.cli.plant import build_plant, load_parts
from qh1a.cohort.draw import STRATA, candidates, columns, drawn, meld, stratum, text
from qh1a.cohort.model import Cohort, Variable, factor, stated
from qh1a.cohort.rows import find_person, person_of
from qh1a.config import ConfigError, Configuration
from qh1a.units import TICK_NS, Ns
from tests.cohort.published import PAGE, differences, page
from tests.cohort.shipped import COHORT, FILE, PUBLISHED_MELD, ROWS, SOURCE, column

SHA256 = "f5ba0d97a206b357cc1d45a1c16c674f8e0a104fa6d35f86ddf21a88d6696e1c"
NAMES = list(COHORT.variable)
MANY = 4000
SE = 3.0
"""Standard errors, the cohort's and the source's together, that count as scatter."""


def test_the_file_is_the_one_that_was_frozen() -> None:
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == SHA256


def test_the_file_is_drawn_again_byte_for_byte() -> None:
    assert text(COHORT, SOURCE.stem).encode() == FILE.read_bytes()


def test_any_other_seed_or_figure_makes_another_file() -> None:
    frozen = FILE.read_text(encoding="utf-8")
    inr = replace(COHORT.variable["inr"], q3=2.51)
    for other in (
        replace(COHORT, seed=COHORT.seed + 1),
        replace(COHORT, correlation={}),
        replace(COHORT, variable={**COHORT.variable, "inr": inr}),
    ):
        made = text(other, SOURCE.stem)
        rows = [[line for line in t.splitlines() if line[0] != "#"] for t in (made, frozen)]
        assert rows[0] != rows[1]


def test_the_page_says_what_the_cohort_is() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.cohort.published > docs/cohort.md"


def test_strata() -> None:
    assert [r["stratum"] for r in ROWS] == [name for name in STRATA for _ in range(100)]
    assert [r["id"] for r in ROWS] == [f"{n:03}" for n in range(1, 301)]
    assert set(ROWS[0]) == set(columns(COHORT))
    for r in ROWS:
        score = meld(COHORT.meld, float(r["bilirubin"]), float(r["inr"]), float(r["creatinine"]))
        assert float(r["meld"]) == pytest.approx(score, abs=0.005)
        assert stratum(COHORT.meld, float(r["meld"])) == r["stratum"]
    assert column("meld", "mild").max() < COHORT.meld.moderate <= column("meld", "moderate").min()
    assert column("meld", "moderate").max() < COHORT.meld.severe <= column("meld", "severe").min()


def test_meld_by_hand() -> None:
    """3.78 ln(20) + 11.2 ln(2) + 9.57 ln(1.5) + 6.43; below 1 counts as 1, creatinine above 4 as 4."""
    assert meld(COHORT.meld, 342.0, 2.0, 132.6) == pytest.approx(29.397, abs=0.001)
    assert meld(COHORT.meld, 10.0, 0.9, 50.0) == pytest.approx(6.43)
    assert meld(COHORT.meld, 10.0, 1.0, 1e4) == pytest.approx(6.43 + 9.57 * np.log(4.0))


def test_equal_strata_leave_the_distributions_as_they_are() -> None:
    """Each stratum is a third of the patients that come, so few are passed over."""
    scores = np.array([float(r["meld"]) for r in islice(candidates(COHORT), MANY)])
    for share in (
        (scores < COHORT.meld.moderate).mean(),
        (scores >= COHORT.meld.severe).mean(),
    ):
        assert share == pytest.approx(1 / 3, abs=3.0 * sqrt(2.0 / 9.0 / MANY))
    assert drawn(COHORT)[1] <= 345


# -- marginals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_marginals_match_the_published_figures(name: str) -> None:
    assert max(map(abs, differences(name))) <= SE


def test_sex_and_what_follows_from_it() -> None:
    men = sum(r["sex"] == "male" for r in ROWS) / 300.0
    assert 0.85 - 0.04 <= men <= 0.91 + 0.04
    assert column("weight", sex="female").mean() == pytest.approx(57.0, abs=5.0)
    assert column("weight").mean() == pytest.approx(65.0, abs=2.0)
    assert column("weight").std() == pytest.approx(11.0, abs=1.1)


def test_sex_of_many() -> None:
    women = sum(r["sex"] == "female" for r in islice(candidates(COHORT), MANY))
    assert women / MANY == pytest.approx(0.13, abs=0.02)


def test_blood_volume_is_nadlers() -> None:
    for r in ROWS:
        m, kg = float(r["height"]) / 100.0, float(r["weight"])
        man = 0.3669 * m**3 + 0.03219 * kg + 0.6041
        woman = 0.3561 * m**3 + 0.03308 * kg + 0.1833
        litres = man if r["sex"] == "male" else woman
        assert float(r["blood_per_kg"]) == pytest.approx(1e3 * litres / kg, abs=0.051)
    assert 60.0 < np.median(column("blood_per_kg")) < 75.0


def test_meld_is_the_published_one_though_nothing_is_drawn_from_it() -> None:
    mean, sd, n = PUBLISHED_MELD
    assert abs(column("meld").mean() - mean) <= SE * sd * sqrt(1.0 / 300.0 + 1.0 / n)
    assert 0.65 * sd <= column("meld").std() <= sd


@pytest.mark.parametrize("name", NAMES)
def test_little_is_cut_off_and_nothing_piles_up(name: str) -> None:
    v, x = COHORT.variable[name], column(name)
    for female in (False, True):
        assert v.share_below(v.lo, female=female) + 1.0 - v.share_below(v.hi, female=female) <= 0.10
    assert v.lo <= x.min()
    assert x.max() <= v.hi
    # What the grid of digits lets share a value, and no more.
    grid = 10.0**-v.digits
    for edge in (v.lo, v.hi):
        assert (np.abs(x - edge) < grid / 2.0).sum() <= 6


@pytest.mark.parametrize("name", NAMES)
def test_a_value_is_where_its_share_says(name: str) -> None:
    v = replace(COHORT.variable[name], digits=4)
    for female in (False, True):
        below, above = (v.share_below(x, female=female) for x in (v.lo, v.hi))
        for share in (1e-6, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0 - 1e-6):
            x = v.value(share, female=female)
            got = (v.share_below(x, female=female) - below) / (above - below)
            assert got == pytest.approx(share, abs=2e-3)


def test_quartiles_and_moments_are_the_stated_ones_without_cuts() -> None:
    wide = {"lo": -1e5, "hi": 1e5, "digits": 4, "unit": "1", "n": 1, "source": "here"}
    low = {**wide, "lo": 1.0000001}
    shares = (np.arange(20000) + 0.5) / 20000
    for shape, bounds, origin in (("normal", wide, 0.0), ("lognormal", low, 1.0)):
        quartiles = Variable(shape=shape, q1=3.0, median=4.0, q3=7.0, origin=origin, **bounds)  # type: ignore[arg-type]
        assert [quartiles.value(s, female=False) for s in (0.25, 0.5, 0.75)] == [3.0, 4.0, 7.0]
        moments = Variable(shape=shape, mean=5.0, sd=1.5, origin=origin, **bounds)  # type: ignore[arg-type]
        x = np.array([moments.value(s, female=False) for s in shares])
        assert (x.mean(), x.std()) == pytest.approx((5.0, 1.5), rel=2e-3)


# -- correlations ----------------------------------------------------------------------------------------


def scores_correlated(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlations of normal scores by ranks: 2 sin(pi/6 rho) (Kruskal 1958)."""
    ranks = np.apply_along_axis(rankdata, 0, x)
    found: NDArray[np.float64] = 2.0 * np.sin(pi / 6.0 * np.corrcoef(ranks, rowvar=False))
    return found


def wanted() -> NDArray[np.float64]:
    return np.array([[1.0 if a == b else stated(COHORT, a, b) for b in NAMES] for a in NAMES])


@cache
def many_men() -> NDArray[np.float64]:
    men = (r for r in candidates(COHORT) if r["sex"] == "male")
    return np.array([[float(r[name]) for name in NAMES] for r in islice(men, MANY)])


def test_correlations_of_the_cohort_are_the_stated_ones() -> None:
    men = np.column_stack([column(name, sex="male") for name in NAMES])
    off = np.abs(scores_correlated(men) - wanted())
    # The largest of 300 pairs, each with a standard error of up to 1 / sqrt(260).
    assert off.max() <= 4.0 / sqrt(len(men))
    assert sqrt((off**2).mean()) <= 1.3 / sqrt(len(men))


def test_correlations_of_many_are_the_stated_ones() -> None:
    assert np.abs(scores_correlated(many_men()) - wanted()).max() <= 4.0 / sqrt(MANY) + 0.01


def test_the_factor_is_that_of_the_stated_matrix() -> None:
    lower = factor(COHORT)
    assert lower is not None
    square = np.zeros((len(NAMES), len(NAMES)))
    for i, row in enumerate(lower):
        square[i, : i + 1] = row
    assert square @ square.T == pytest.approx(wanted(), abs=1e-12)
    assert min(row[-1] for row in lower) > 0.2


def with_correlations(**pairs: dict[str, float]) -> Cohort:
    return replace(COHORT, correlation=pairs)


def test_correlations_that_cannot_be_are_refused() -> None:
    assert factor(with_correlations(inr={"act": 0.9, "aptt": 0.9}, act={"aptt": -0.9})) is None
    for wrong in ({"inr": {"inr": 0.5}}, {"inr": {"x": 0.5}}, {"inr": {"act": 0.1}, "act": {"inr": 0.1}}):
        with pytest.raises(ValueError, match="stated once"):
            with_correlations(**wrong)


# -- patients --------------------------------------------------------------------------------------------


def test_every_row_is_a_patient_in_balance() -> None:
    for row in ROWS:
        person = person_of(COHORT, row, str(FILE))
        for name in ("bile_acids", "urea", "creatinine", "ammonia", "lactate"):
            s = getattr(person, name)
            assert s.clearance * s.start == pytest.approx(1e3 * s.generation)
            assert s.clearance > 0.0
        direct, indirect = person.conjugated_bilirubin, person.unconjugated_bilirubin
        assert direct.start + indirect.start == float(row["bilirubin"])
        assert direct.start / (direct.start + indirect.start) == pytest.approx(
            float(row["direct_share"]), abs=0.005
        )
        plasma = person.weight * person.blood_per_kg * (1.0 - person.hct) / 1e3
        assert person.debris.central == person.free_haemoglobin.central == pytest.approx(plasma)
        assert person.heparin.central == pytest.approx(0.068 * person.weight, rel=2e-3)


def test_a_column_reaches_its_key() -> None:
    row = ROWS[16]
    person = find_person("aclf-300#17")
    assert person == person_of(COHORT, row, str(FILE)) == find_person("aclf-300.toml#017")
    assert person.weight == float(row["weight"])
    assert person.hct == pytest.approx(0.003 * float(row["haemoglobin"]))
    assert person.haemodynamics.map == float(row["map"])
    assert person.lactate.start == pytest.approx(1e3 * float(row["lactate"]))
    assert person.ammonia.central == pytest.approx(0.6 * person.weight)
    assert find_person("aclf-300#17", {"patient.hct": 0.25}).hct == 0.25


@pytest.mark.parametrize(
    ("name", "sign"), [("bilirubin", 1), ("inr", 1), ("creatinine", 1), ("aptt", 1), ("antithrombin", -1)]
)
def test_severe_is_worse(name: str, sign: int) -> None:
    mild, moderate, severe = (sign * float(np.median(column(name, s))) for s in STRATA)
    assert mild < moderate < severe


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("aclf-300#0", r"aclf-300\.csv: id = 0: allowed 1 to 300"),
        ("aclf-300#301", "id = 301: allowed 1 to 300"),
        ("aclf-300#", r"id = \(none\): allowed 1 to 300"),
        ("aclf-300#x", "id = x: allowed 1 to 300"),
        ("aclf-3#1", "no such file; shipped cohorts are aclf-300.toml"),
    ],
)
def test_a_patient_that_is_not_there(name: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        find_person(name)


@pytest.mark.parametrize(
    ("column_", "value", "what"),
    [
        ("map", "200", "haemodynamics.map = 200.0: allowed 40 to 140 mmHg"),
        ("map", "", "001.map: allowed is a number"),
        ("map", "nan", "haemodynamics.map = nan: allowed 40 to 140 mmHg"),
    ],
)
def test_a_row_that_is_wrong(column_: str, value: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        person_of(COHORT, {**ROWS[0], column_: value}, "f.csv")


@pytest.mark.parametrize("number", [1, 100, 150, 201, 300])
def test_a_patient_starts_a_circuit(number: int) -> None:
    prescription = Configuration.load("4h.toml").prescription
    parts = load_parts(prescription, "sim.toml", f"aclf-300#{number}", None, {})
    assert parts.patient == find_person(f"aclf-300#{number}")
    plant = build_plant(parts, prescription, 1)
    for tick in range(3):
        frame = plant.read(Ns(tick * TICK_NS))
    assert np.isfinite(plant.truth).all()
    assert frame.now == 2 * TICK_NS
