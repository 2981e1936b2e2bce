"""docs/cohort.md: the shipped cohort beside the published figures.

`python -m tests.cohort.published > docs/cohort.md` writes the page.
"""

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from qh1a.cohort.draw import STRATA, drawn
from tests.cohort.shipped import COHORT, FILE, PUBLISHED_MELD, ROWS, column

PAGE: Final = Path(__file__).parents[2] / "docs" / "cohort.md"

_HEAD = """\
# The cohort

Written by `python -m tests.cohort.published > docs/cohort.md`; the picture by `python -m
tests.cohort.picture`.

`aclf-300` is {rows} virtual patients with HBV-ACLF, {each} mild, {each} moderate and {each} severe, drawn
once from published distributions and frozen. `qh1a run 4h.toml --patient aclf-300#17` treats number 17;
`qh1a check` of the TOML file checks all. It is for asking how the machine does over many patients. It is
no sample of people: what one patient has beside the marginals is chosen, and no outcome may be read from
it.

| | |
|---|---|
| patients, one a row | `configs/cohorts/aclf-300.csv` |
| distributions, correlations, strata, keys, each with its source | `configs/cohorts/aclf-300.toml` |
| written by | `python -m qh1a.cohort configs/cohorts/aclf-300.toml > configs/cohorts/aclf-300.csv` |
| seed | {seed} |
| SHA-256 of the CSV | `{sha}` |

A test holds the hash, another that the command writes the same bytes.

## How a patient is drawn

A Gaussian copula: a standard normal score per variable, number n of the stream that belongs to the seed
and the variable's name (counter-based, so that nothing depends on order); correlated by the Cholesky
factor of the stated matrix; as a share of the normal distribution put through each marginal. Marginals
are normal or log-normal, in two halves where the published quartiles are uneven. Each is cut at its
bounds by its distribution function, so nothing is clipped or drawn again; at most 10 % of any lies
outside. Height, weight and sex give blood volume (Nadler).

A row becomes a patient on top of `{patient}` by the table `[key]`; what no column says goes with weight;
five solutes take the clearance that balances their generation at the start. The result passes the checks
of a patient file. Age, INR and MELD move nothing in the simulator: INR acts by what is correlated with it
(aPTT, ACT, antithrombin).

## Strata

By MELD (UNOS, of bilirubin, INR, creatinine): mild below {moderate:g}, moderate below {severe:g}, severe
from there. These are thirds of the patients the distributions describe [D], so equal strata leave the
marginals as published: {taken} were drawn for {rows}. They are relative to this cohort. MELD itself is
not drawn, so it is a check: {meld_mean:.1f} +/- {meld_sd:.1f}, published {pub_mean:g} +/- {pub_sd:g} (n
{pub_n}) [F72]. Its mean is met; its spread is narrower: quartiles of creatinine say nothing of failing
kidneys in the tail (74 +/- 50 umol/L in another cohort [F74]).
"""
_MARGINALS = """\
## Marginals

Mean +/- SD, or median (quartiles), as the source has it; [F] found, [K] recalled, [D] derived or chosen,
numbers as in the clinical reference. SE: the largest difference of any of these figures from the
published, in standard errors of both (n of the source, 30 where recalled or chosen, and 300); up to 3
counts as scatter. Bounds narrow what they cut: age at 65 (entry of the trial), the volume and exchange of
bilirubin, known from 8 patients.
"""
_SEX = """\
Men: {men:.0f} % (published 85 to 91 %). Weight and height above are men's; women {weight:.1f} kg
(published 57). Where sources disagree more than they scatter (bilirubin: means of 313 to 442 umol/L) the
two largest are pooled.
"""
_CORRELATIONS = """\
## Correlations

No joint table of a published cohort was found; all are [D]: sign and size from what the illness does.
Stated / found by ranks among the cohort's men; all others are stated 0.
"""
_ANCHORS = """\
## Mean patients of published studies

| file | study | what is its own |
|---|---|---|
| `anchor-schneditz.toml` | Schneditz 2006 | pools, exchange, generation and start of conjugated bilirubin |
| `anchor-yao.toml` | Yao 2019, plasma exchange | pools, exchange, clearance of bilirubin, fitted |
| `anchor-stadlbauer.toml` | Stadlbauer 2007 | pools and exchange of bile acids, no generation |

All else in them is `aclf-typical`. Tests put the published clearance on each and get the published fall.
Krisper 2005 has no file: what could be read of it compares devices (one removes no unconjugated
bilirubin, the other does) and says nothing about its patients; any patient will do.
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


def differences(name: str) -> tuple[float, ...]:
    """Of mean and SD, or of the quartiles, from the published, in standard errors of both."""
    v = COHORT.variable[name]
    x = column(name, sex="male" if v.female else "")
    figures: tuple[tuple[float, float, float], ...]
    if v.mean is not None and v.sd is not None:
        figures = ((x.mean(), v.mean, 1.0), (x.std(), v.sd, 0.5**0.5))
        spread = v.sd
    else:
        given = (v.q1 or 0.0, v.median or 0.0, v.q3 or 0.0)
        # The errors of a normal distribution's quartiles and median, beside its mean's.
        figures = tuple(zip(np.quantile(x, (0.25, 0.5, 0.75)), given, (1.363, 1.253, 1.363), strict=True))
        spread = (given[2] - given[0]) / 1.349
    one = spread * (1.0 / len(x) + 1.0 / v.n) ** 0.5
    return tuple(float(found - published) / (w * one) for found, published, w in figures)


def _marginals() -> Iterator[Sequence[str]]:
    for name, v in COHORT.variable.items():
        x = column(name, sex="male" if v.female else "")
        d = v.digits + 1
        if v.median is None:
            given, found = f"{v.mean:g} +/- {v.sd:g}", f"{x.mean():.{d}f} +/- {x.std():.{d}f}"
        else:
            low, middle, high = np.quantile(x, (0.25, 0.5, 0.75))
            given = f"{v.median:g} ({v.q1:g}-{v.q3:g})"
            found = f"{middle:.{d}f} ({low:.{d}f}-{high:.{d}f})"
        medians = (f"{np.median(column(name, s)):.{v.digits}f}" for s in STRATA)
        worst = max(map(abs, differences(name)))
        yield f"{name}, {v.unit}", given, found, f"{worst:.1f}", "; ".join(medians), v.source


def _correlations() -> Iterator[Sequence[str]]:
    # Ranks by twice sorting: ties are too few to matter to two digits.
    ranks = {n: column(n, sex="male").argsort(kind="stable").argsort() for n in COHORT.variable}
    for a, others in COHORT.correlation.items():
        cells = [
            f"{b} {r:+g} / {2.0 * np.sin(np.pi / 6.0 * np.corrcoef(ranks[a], ranks[b])[0, 1]):+.2f}"
            for b, r in others.items()
        ]
        yield a, "; ".join(cells)


def page() -> str:
    """The whole page."""
    mean, sd, n = PUBLISHED_MELD
    head = _HEAD.format(
        rows=len(ROWS), each=COHORT.each, seed=COHORT.seed, patient=COHORT.patient, taken=drawn(COHORT)[1],
        sha=hashlib.sha256(FILE.read_bytes()).hexdigest(), moderate=COHORT.meld.moderate,
        severe=COHORT.meld.severe, meld_mean=column("meld").mean(), meld_sd=column("meld").std(),
        pub_mean=mean, pub_sd=sd, pub_n=n,
    )  # fmt: skip
    men = 100.0 * sum(r["sex"] == "male" for r in ROWS) / len(ROWS)
    return "\n".join((
        head,
        _MARGINALS,
        _table(
            ("variable", "published or chosen", "cohort", "SE", "medians: mild; moderate; severe", "source"),
            _marginals(),
        ),
        _SEX.format(men=men, weight=column("weight", sex="female").mean()),
        "![Every marginal of the cohort beside the published figures](cohort.png)\n",
        _CORRELATIONS,
        _table(("variable", "with: stated / found"), _correlations()),
        _ANCHORS,
    ))  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(page())
