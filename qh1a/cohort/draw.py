"""Draws a cohort. Pure: the same file gives the same text on every machine.

A Gaussian copula: independent scores, correlated by the Cholesky factor, become shares, and shares values.
Score n of a variable is number n of the stream of its name, so that one variable more changes no other.
"""

import math
from collections.abc import Iterator
from typing import Final

from qh1a.cohort.model import NORMAL, Cohort, Meld, factor
from qh1a.sim.counter import stream_key, unit

STRATA: Final = ("mild", "moderate", "severe")
DERIVED: Final = ("blood_per_kg", "conjugated_bilirubin", "unconjugated_bilirubin")
"""Columns that follow from others."""
_MOST: Final = 10
"""By this factor a cohort may need more candidates than it has places."""

Row = dict[str, str]
"""One patient as the file has it: id, stratum, sex, meld, and numbers."""


def columns(cohort: Cohort) -> tuple[str, ...]:
    """The columns of the file."""
    return ("id", "stratum", "sex", "meld", *cohort.variable, *DERIVED)


def meld(weights: Meld, bilirubin: float, inr: float, creatinine: float) -> float:
    """The MELD score (UNOS): umol/L, 1, umol/L."""
    b = max(1.0, bilirubin / weights.bilirubin_umol_per_mg_dl)
    c = min(max(1.0, creatinine / weights.creatinine_umol_per_mg_dl), 4.0)
    return (
        weights.bilirubin * math.log(b)
        + weights.inr * math.log(max(1.0, inr))
        + weights.creatinine * math.log(c)
        + weights.constant
    )


def stratum(weights: Meld, score: float) -> str:
    """The stratum of a MELD score."""
    return STRATA[(score >= weights.moderate) + (score >= weights.severe)]


def candidates(cohort: Cohort) -> Iterator[Row]:
    """Patients without end, as they come, without id."""
    lower = factor(cohort)
    if lower is None:
        msg = "the correlations contradict each other"
        raise ValueError(msg)
    keys = [stream_key(cohort.seed, name) for name in cohort.variable]
    sexes = stream_key(cohort.seed, "sex")
    n = 0
    while True:
        scores = [NORMAL.inv_cdf(unit(key, n)) for key in keys]
        shares = [NORMAL.cdf(sum(map(float.__mul__, row, scores))) for row in lower]
        yield _patient(cohort, shares, female=unit(sexes, n) >= cohort.sex.male)
        n += 1


def _patient(cohort: Cohort, shares: list[float], *, female: bool) -> Row:
    sex: Final = "female" if female else "male"
    value = {
        name: v.value(share, female=female)
        for (name, v), share in zip(cohort.variable.items(), shares, strict=True)
    }
    score = round(meld(cohort.meld, value["bilirubin"], value["inr"], value["creatinine"]), 2)
    text = {name: f"{x:.{cohort.variable[name].digits}f}" for name, x in value.items()}
    nadler, kg = cohort.blood[sex], value["weight"]
    litres = nadler.cubed * (value["height"] / 100.0) ** 3 + nadler.weight * kg + nadler.constant
    direct = round(value["bilirubin"] * value["direct_share"])
    return {
        "stratum": stratum(cohort.meld, score),
        "sex": sex,
        "meld": f"{score:.2f}",
        **text,
        "blood_per_kg": f"{1000.0 * litres / kg:.1f}",
        "conjugated_bilirubin": str(direct),
        "unconjugated_bilirubin": str(round(value["bilirubin"]) - direct),
    }


def drawn(cohort: Cohort) -> tuple[list[Row], int]:
    """The cohort, stratum by stratum, each in the order it came; and how many candidates that took."""
    places: dict[str, list[Row]] = {name: [] for name in STRATA}
    for taken, row in enumerate(candidates(cohort), 1):
        if len(places[row["stratum"]]) < cohort.each:
            places[row["stratum"]].append(row)
        if all(len(rows) == cohort.each for rows in places.values()):
            break
        if taken >= _MOST * cohort.each * len(STRATA):
            msg = "a stratum does not fill"
            raise ValueError(msg)
    rows = [row for name in STRATA for row in places[name]]
    return [{"id": f"{n:03}", **row} for n, row in enumerate(rows, 1)], taken


def text(cohort: Cohort, source: str) -> str:
    """The cohort's CSV file, in its header where it comes from."""
    rows, taken = drawn(cohort)
    head = [
        f"{len(rows)} virtual patients, {cohort.each} a stratum, of {taken} drawn; seed {cohort.seed}",
        f"python -m qh1a.cohort configs/cohorts/{source}.toml > configs/cohorts/{source}.csv",
        f"strata: MELD below {cohort.meld.moderate:g}, below {cohort.meld.severe:g}, and from there",
        *(_marginal(cohort, name) for name in cohort.variable),
        *(
            f"correlation of {a}: " + ", ".join(f"{b} {r:g}" for b, r in others.items())
            for a, others in cohort.correlation.items()
        ),
    ]
    names = columns(cohort)
    lines = [*(f"# {line}" for line in head), ",".join(names)]
    lines += [",".join(row[name] for name in names) for row in rows]
    return "\n".join(lines) + "\n"


def _marginal(cohort: Cohort, name: str) -> str:
    v = cohort.variable[name]
    figures = f"{v.mean:g} +/- {v.sd:g}" if v.median is None else f"{v.median:g} ({v.q1:g}-{v.q3:g})"
    more = f" from {v.origin:g}" if v.origin else ""
    women = f", women {v.female:+g}" if v.female else ""
    return f"{name}, {v.unit}: {v.shape} {figures}{more}{women}, cut at {v.lo:g} and {v.hi:g}"
