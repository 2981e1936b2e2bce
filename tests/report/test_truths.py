"""The pages of the truth: numbers on a truth made by hand, and what is said when there is none."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.plant import PlantKind
from qh1a.report.data import Study, Truth, study
from qh1a.report.events import Span
from qh1a.report.page import ACTUATORS, CHANNELS_USED
from qh1a.report.parts import number
from qh1a.report.truth_figures import CELLS, GAS, SOLUTES, TrueStrip, trace_of, truth_strips
from qh1a.report.truth_pages import harm_figures, pages
from qh1a.report.truths import EXCHANGED, Harm, Mixing, Split, harm, mixing, solute_table, totals
from qh1a.tick import Phase
from tests.report import fake

T = (-120.0, -60.0, 0.0, 60.0, 120.0)
SPANS = (
    Span(Phase.READY, -150.0, -60.0),
    Span(Phase.CONNECT, -60.0, 0.0),
    Span(Phase.RAMP, 0.0, 30.0),
    Span(Phase.TREAT, 30.0, 90.0),
    Span(Phase.RINSEBACK, 90.0, 120.0),
)
Rows = dict[str, Sequence[float]]
# 2.5 L spread at the end. The body adds 50 umol from the start on, cells and filter take 10: +20 and -4; the
# concentration falls by 20, so the lines account for -36.
CB: Rows = {
    "CB": (400.0, 250.0, 245.0, 240.0, 230.0),
    "BODY_CB": (-90.0, 5.0, 20.0, 40.0, 55.0),
    "TAKEN_CB": (7.0, 2.0, 4.0, 8.0, 12.0),
    "SPREAD_CB": (2000.0, 2100.0, 2200.0, 2400.0, 2500.0),
}
UCB: Rows = {
    "UCB": (9.0, 100.0, 99.0, 98.0, 97.0),
    "BODY_UCB": (9.0, 0.0, 1.0, 2.0, 4.0),
    "TAKEN_UCB": (0.0, 0.0, 0.0, 0.0, 0.0),
    "SPREAD_UCB": (9.0, 9.0, 9.0, 9.0, 2000.0),
}


@pytest.fixture(scope="module")
def whole() -> Study:
    return study(fake.session(0.1, hz=2.0, pause=None), CHANNELS_USED, ACTUATORS)


def given_truth(whole: Study, rows: Rows, spans: tuple[Span, ...] = SPANS, unit: str = "u") -> Study:
    values = {name: np.array(column) for name, column in rows.items()}
    return replace(whole, spans=spans, truth=Truth(np.array(T), values, dict.fromkeys(rows, unit)))


def splits(of: Study) -> dict[str, Split | None]:
    assert of.truth is not None
    return {row.label: row.split for row in solute_table(of, of.truth).rows}


def test_a_change_is_dilution_removal_and_the_bodys_own(whole: Study) -> None:
    seen = given_truth(whole, CB | UCB)
    assert seen.truth is not None
    table = solute_table(seen, seen.truth)
    assert (table.start_s, table.end_s) == (-60.0, 120.0)
    rows = {row.label: row for row in table.rows}
    assert list(rows) == ["bilirubin, total", "bilirubin, conjugated", "bilirubin, unconjugated"]
    conjugated = rows["bilirubin, conjugated"]
    assert (conjugated.start, conjugated.end, conjugated.unit) == (250.0, 230.0, "u")
    assert conjugated.split == pytest.approx(Split(-36.0, -4.0, 20.0, False))
    assert rows["bilirubin, unconjugated"].split == pytest.approx(Split(-5.0, 0.0, 2.0, False))
    both = rows["bilirubin, total"]
    assert (both.start, both.end) == (350.0, 327.0)
    assert both.split == pytest.approx(Split(-41.0, -4.0, 22.0, False))


def test_what_the_cells_make_is_no_removal(whole: Study) -> None:
    made = CB | {"TAKEN_CB": (0.0, 0.0, -4.0, -8.0, -10.0)}
    found = splits(given_truth(whole, made | UCB))
    assert found["bilirubin, conjugated"] == pytest.approx(Split(-40.0, 0.0, 20.0, True))
    total = found["bilirubin, total"]
    assert total is not None
    assert total.made
    html = pages(given_truth(whole, made | UCB))
    assert html.count(" *<") == 2
    # Conjugated: no figure for the dilution alone, -40 for both, and the body's own.
    assert '<td class="num">\N{EN DASH}</td><td class="num">−40.0 *</td><td class="num">+20.0</td>' in html
    assert pages(given_truth(whole, CB | UCB)).count(" *<") == 0


@given(st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=6), st.floats(500.0, 5e4))
def test_the_parts_add_up(whole: Study, x: list[float], spread: float) -> None:
    rows: Rows = {
        "UREA": (x[0], x[0], 0.0, 0.0, x[1]), "BODY_UREA": (x[2], x[2], 0.0, 0.0, x[3]),
        "TAKEN_UREA": (x[4], x[4], 0.0, 0.0, x[5]), "SPREAD_UREA": (1.0, 1.0, 1.0, 1.0, spread),
    }  # fmt: skip
    split = splits(given_truth(whole, rows))["urea"]
    assert split is not None
    assert sum(split[:3]) == pytest.approx(x[1] - x[0], abs=1e-9)
    assert split.removal <= 0.0
    assert split.made == (x[5] < x[4])


def test_a_closed_mixing_is_dilution_alone(whole: Study) -> None:
    # 541 mL of prime and 2866.5 mL of plasma share what was in the plasma; nobody makes or takes any.
    end = 259.0 * 2866.5 / (2866.5 + 541.0)
    still: Rows = {
        "CB": (259.0, 259.0, 259.0, 259.0, end), "BODY_CB": (0.0,) * 5, "TAKEN_CB": (0.0,) * 5,
        "SPREAD_CB": (2866.5,) * 5, "BLOOD_VOLUME_ML": (4550.0,) * 5, "HCT_PATIENT": (0.37,) * 5,
    }  # fmt: skip
    seen = given_truth(whole, still)
    assert seen.truth is not None
    split = splits(seen)["bilirubin, conjugated"]
    assert split is not None
    assert (split.removal, split.body) == (0.0, 0.0)
    # The plasma side alone reaches the patient when the prime goes to waste, both sides when it does not.
    assert mixing(seen, seen.truth) == pytest.approx(Mixing(2866.5, 361.0, 361.0 / 3227.5))
    prescription = seen.configs["prescription"]
    assert isinstance(prescription, dict)
    given_back = {**prescription, "preparation": {"prime_goes_to": "patient"}}
    other = replace(seen, configs={**seen.configs, "prescription": given_back})
    found = mixing(other, seen.truth)
    assert found == pytest.approx(Mixing(2866.5, 541.0, 541.0 / 3407.5))
    assert found is not None
    assert split.dilution == pytest.approx(-259.0 * found.share)
    assert "541 mL of prime meet 2866 mL of plasma" in pages(other)
    assert "16 % lower" in pages(other)


@pytest.mark.parametrize("missing", ["BLOOD_VOLUME_ML", "HCT_PATIENT"])
def test_without_its_figures_no_mixing_is_claimed(whole: Study, missing: str) -> None:
    rows: Rows = {"BLOOD_VOLUME_ML": (4550.0,) * 5, "HCT_PATIENT": (0.37,) * 5}
    seen = given_truth(whole, rows)
    assert seen.truth is not None
    assert mixing(seen, seen.truth) is not None
    assert mixing(replace(seen, configs={}), seen.truth) is None
    del rows[missing]
    less = given_truth(whole, rows)
    assert less.truth is not None
    assert mixing(less, less.truth) is None


@pytest.mark.parametrize("missing", ["BODY_CB", "TAKEN_CB", "SPREAD_CB"])
def test_without_an_account_a_change_is_not_divided(whole: Study, missing: str) -> None:
    rows = {name: column for name, column in (CB | UCB).items() if name != missing}
    found = splits(given_truth(whole, rows))
    assert found["bilirubin, conjugated"] is None
    assert found["bilirubin, total"] is None
    assert found["bilirubin, unconjugated"] is not None
    html = pages(given_truth(whole, {"CB": CB["CB"]}))
    assert "the change is not divided" in html
    assert "of which dilution" not in html
    assert "10 to 20 %" in html


def test_the_start_is_before_the_patient_is_connected(whole: Study) -> None:
    def start(spans: tuple[Span, ...]) -> float:
        seen = given_truth(whole, CB, spans)
        assert seen.truth is not None
        return solute_table(seen, seen.truth).start_s

    assert start(SPANS) == -60.0
    assert start((Span(Phase.CONNECT, -61.0, 0.0),)) == -120.0
    assert start((Span(Phase.CONNECT, 1000.0, 1001.0),)) == 120.0
    assert start((Span(Phase.CONNECT, -500.0, 1.0),)) == -120.0
    assert start(()) == -120.0


def test_totals_are_over_the_session_and_means_over_treatment(whole: Study) -> None:
    rows: Rows = {
        "GAS_O2_UMOL": (10.0, 10.0, 10.0, 70.0, 100.0), "GAS_CO2_UMOL": (0.0, 0.0, 0.0, -12.0, -20.0),
    }  # fmt: skip
    seen = given_truth(whole, rows)
    assert seen.truth is not None
    o2, co2 = totals(seen, seen.truth, EXCHANGED)
    # TREAT is 30 s to 90 s: from 40 to 85 umol, from -6 to -16.
    assert (o2.whole, o2.per_min) == pytest.approx((90.0, 45.0))
    assert (co2.whole, co2.per_min) == pytest.approx((20.0, 10.0))
    untreated = given_truth(whole, rows, SPANS[:3])
    assert untreated.truth is not None
    assert [row.per_min for row in totals(untreated, untreated.truth, EXCHANGED)] == [None, None]


HARM: Rows = {
    "BLOOD_LOST_ML": (0.0, 0.0, 1.0, 3.0, 12.5), "RBC_LOST_ML": (0.0, 0.0, 0.0, 1.0, 4.25),
    "RBC_CIRCUIT_ML": (0.0, 9.0, 70.0, 70.0, 18.0), "HCT_PATIENT": (0.37, 0.37, 0.37, 0.36, 0.36),
    "FHB_UMOL": (0.0, 0.0, 0.5, 1.0, 2.25), "FHB": (2.0, 2.0, 3.5, 2.5, 1.0),
    "AIR_PATIENT_ML": (0.0, 0.0, 0.0, 0.5, 0.75),
    **{
        f"HARM_{name}": (0.0, 0.0, 0.0, 0.0, 1.5 + n)
        for n, name in enumerate(
            (
                "AIR_BOLUS_ML", "AIR_5MIN_ML_KG", "HOTTEST_C", "COLDEST_C", "FLUID_GAIN_ML", "FLUID_LOSS_ML",
                "FLUID_ERROR_ML", "FREE_HAEM_UMOL", "DEBRIS_1E6", "CLOTTING_MIN", "HYPOXIA_MIN", "HEAT_MIN",
                "STANDSTILL_MIN",
            )
        )
    },
}  # fmt: skip


def test_harm_is_two_figures_of_blood_haemolysis_and_the_ledger(whole: Study) -> None:
    seen = given_truth(whole, HARM)
    assert seen.truth is not None
    ledger = (1.5 + n for n in range(13))
    assert harm(seen.truth) == pytest.approx(Harm(12.5, 4.25, 50.0, 18.0, 0.36, 2.25, 3.5, 0.75, *ledger))
    words = re.sub(r"(<[^>]+>)+", "|", harm_figures(seen))
    for part in (
        "blood lost to the outside|12.5 |mL|4.2 mL of it red cells",
        "blood trapped in the circuit|50 |mL|18.0 mL of red cells, Hct 0.36",
        "haemolysis|2.25 |umol|haem freed; plasma at most 3.5 umol/L",
        "air to the patient|0.75 |mL|largest bolus 1.50 mL, 2.500 mL/kg in 5 min",
        "fluid error of the treatment|8 |mL|off the planned balance of 0; with prime and rinsing lines "
        "gave 6 mL and took 6 mL at most",
        "hottest fluid to the patient|3.5 |C|coldest 4.5 C",
        "clotting time beyond its limit|10.5 |min|free haem given 8.50 umol, debris 9.50e6",
        "cells short of oxygen|11.5 |min|too hot 12.5 min, standing 13.5 min",
    ):
        assert part in words, part


def test_harm_that_a_file_does_not_know_is_a_dash(whole: Study) -> None:
    seen = given_truth(whole, {"CB": CB["CB"]})
    assert seen.truth is not None
    assert harm(seen.truth) == Harm(*[None] * 21)
    assert number(None, 1) in harm_figures(seen)
    bloodless = given_truth(whole, HARM | {"HCT_PATIENT": (0.0,) * 5})
    assert bloodless.truth is not None
    assert harm(bloodless.truth).trapped_ml is None


@pytest.mark.parametrize("kind", list(PlantKind))
def test_without_truth_there_is_a_sentence_instead(whole: Study, kind: PlantKind) -> None:
    none = replace(whole, truth=None, head=fake.Header(kind, {}))
    html = pages(none)
    assert "This file holds no simulated truth" in html
    assert "<figure" not in html
    assert "<table" not in html
    assert harm_figures(none) == ""
    assert truth_strips(none, GAS, "Gas") == ""


def test_a_rate_is_the_change_per_minute_between_rows() -> None:
    truth = Truth(np.array([0.0, 60.0, 180.0]), {"X": np.array([5.0, 3.0, -1.0])}, {"X": "umol"})
    trace = trace_of(truth, TrueStrip("X", "X", "x", per_min=-1.0))
    assert trace.t.tolist() == [30.0, 120.0]
    assert trace.v.tolist() == [2.0, 2.0]
    assert trace_of(truth, TrueStrip("X", "X", "x")).v.tolist() == [5.0, 3.0, -1.0]
    assert (
        not trace_of(replace(truth, v={"X": np.array([np.nan, np.inf, 0.0])}), TrueStrip("X", "", ""))
        .good[:2]
        .any()
    )


def drawn(of: Study, strips: tuple[TrueStrip, ...]) -> str:
    return truth_strips(of, strips, "T")


def test_a_strip_shows_what_is_measured_commanded_set_and_true(whole: Study) -> None:
    rows: Rows = {"DO_IN": (140.0, 145.0, 150.0, 151.0, 149.0), "G_O2": (0.0, 10.0, 20.0, 20.0, 20.0)}
    seen = given_truth(whole, rows, unit="mmHg")
    svg = drawn(seen, GAS)
    assert "oxygen tension before the bioreactor, mmHg" in svg
    assert "after the bioreactor" not in svg
    assert svg.count(">true<") == svg.count(">measured<") == 2
    assert svg.count(">commanded<") == 1
    assert "prescribed" not in svg
    planned = replace(seen, changes={"do_in_mmhg": ((-150.0, 150.0),)})
    assert ">150 prescribed<" in drawn(planned, GAS)
    blind = replace(seen, not_fitted=tuple(s.like.channel for s in GAS if s.like))
    assert ">measured<" not in drawn(blind, GAS)
    assert ">true<" in drawn(blind, GAS)


def test_the_same_truth_gives_the_same_drawing(whole: Study) -> None:
    rows: Rows = dict.fromkeys((s.signal for s in SOLUTES + GAS + CELLS), CB["CB"])
    one, two = (drawn(given_truth(whole, rows), CELLS) for _ in range(2))
    assert one == two
    assert "u/min" in one
    assert drawn(given_truth(whole, rows | {"CELLS": UCB["UCB"]}), CELLS) != one


@pytest.mark.parametrize("value", [0.0, 1e-11, 5.0])
def test_what_does_not_move_has_a_plain_scale(whole: Study, value: float) -> None:
    svg = drawn(given_truth(whole, {"DEBRIS": (value, value, value, 1.000001 * value, value)}), CELLS)
    assert "1e" not in re.sub(r"<path.*?/>", "", svg, flags=re.DOTALL)


def test_hostile_units_are_text(whole: Study) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    rows: Rows = dict.fromkeys(("CB", "CELLS", "DO_CELLS_MIN", "GAS_O2_UMOL"), CB["CB"])
    html = pages(given_truth(whole, rows, unit=hostile))
    assert "<script" not in html
    assert "\u202e" not in html
    assert html.count("&lt;script&gt;") >= 6
