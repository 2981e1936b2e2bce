"""The pages of a simulated plant's truth: solutes, gas, cells, and what may have harmed the patient."""

from collections.abc import Sequence
from math import floor, log10
from typing import Final

from qh1a.report.data import Study, Truth
from qh1a.report.parts import DASH, boxes, esc, figure, hms
from qh1a.report.parts import number as shown
from qh1a.report.parts import table as grid
from qh1a.report.truth_figures import CELLS, GAS, SOLUTES, truth_strips
from qh1a.report.truths import EXCHANGED, USED, Change, Total, harm, mixing, solute_table, totals

_SOURCE: Final = "Simulated truth, about one row a minute; not a measurement."
_NONE: Final = (
    "This file holds no simulated truth, and no sensor of the machine measures solutes, cells or what the "
    "gas exchanged: there is nothing to show."
)


def harm_figures(study: Study) -> str:
    """Blood lost and blood trapped, haemolysis, and the harm ledger; nothing without truth."""
    if study.truth is None:
        return ""
    found = harm(study.truth)
    cells = (
        (
            "blood lost to the outside",
            shown(found.lost_ml, 1),
            "mL",
            f"{shown(found.lost_cells_ml, 1)} mL of it red cells",
        ),
        (
            "blood trapped in the circuit",
            shown(found.trapped_ml, 0),
            "mL",
            f"{shown(found.trapped_cells_ml, 1)} mL of red cells, Hct {shown(found.hct, 2)}",
        ),
        (
            "haemolysis",
            shown(found.haem_umol, 2),
            "umol",
            f"haem freed; plasma at most {shown(found.plasma_haem, 1)} umol/L",
        ),
        (
            "air to the patient",
            shown(found.air_ml, 2),
            "mL",
            f"largest bolus {shown(found.bolus_ml, 2)} mL, {shown(found.window_ml_kg, 3)} mL/kg in 5 min",
        ),
        (
            "fluid error of the treatment",
            shown(found.error_ml, 0),
            "mL",
            f"off the planned balance of 0; with prime and rinsing lines gave {shown(found.gain_ml, 0)} mL "
            f"and took {shown(found.loss_ml, 0)} mL at most",
        ),
        (
            "hottest fluid to the patient",
            shown(found.hottest_c, 1),
            "C",
            f"coldest {shown(found.coldest_c, 1)} C",
        ),
        (
            "clotting time beyond its limit",
            shown(found.clotting_min, 1),
            "min",
            f"free haem given {shown(found.given_haem_umol, 2)} umol, debris {shown(found.debris, 2)}e6",
        ),
        (
            "cells short of oxygen",
            shown(found.hypoxia_min, 1),
            "min",
            f"too hot {shown(found.heat_min, 1)} min, standing {shown(found.standstill_min, 1)} min",
        ),
    )
    return f'<section class="keep"><h2>Harm</h2>{boxes(cells)}<p class="note">{esc(_SOURCE)}</p></section>'


def pages(study: Study) -> str:
    """Solutes, gas and cells; a sentence when the file holds no truth."""
    truth = study.truth
    if truth is None:
        return f"<h2>Solutes, gas and cells</h2><p>{esc(_NONE)}</p>"
    return "\n".join((_solutes(study, truth), _gas(study, truth), _cells(study, truth)))


def _decimals(*values: float) -> int:
    """Decimals that show about four digits of the largest of some values."""
    largest = max(map(abs, values))
    return min(max(3 - floor(log10(largest)), 0), 4) if largest > 0.0 else 1


def _percent(row: Change) -> str:
    return (
        shown(100 * (row.end - row.start) / row.start, 1, sign=True) + " %" if row.start else shown(None, 0)
    )


def _solutes(study: Study, truth: Truth) -> str:
    table = solute_table(study, truth)
    divided = any(row.split for row in table.rows)
    body = []
    for row in table.rows:
        digits = _decimals(row.start, row.end)
        cells = [
            esc(row.label),
            esc(row.unit),
            shown(row.start, digits),
            shown(row.end, digits),
            f"<b>{shown(row.end - row.start, digits, sign=True)}</b>",
            _percent(row),
        ]
        if divided:
            dilution, removal, own, made = row.split or (None, None, None, False)
            cells += [shown(part, digits, sign=True) for part in (dilution, removal, own)]
            if made:
                cells[-3:-1] = [DASH, f"{shown(dilution, digits, sign=True)} *"]
        body.append(("", cells))
    heads = [
        ("patient's plasma", ""),
        ("unit", ""),
        ("start", "num"),
        ("end", "num"),
        ("change", "num"),
        ("", "num"),
    ]
    if divided:
        heads += [("of which dilution", "num"), ("of which removal", "num"), ("the body's own", "num")]
    when = (
        f"Start: {hms(table.start_s)}, before the patient was connected; end: {hms(table.end_s)}. {_SOURCE}"
    )
    strips = truth_strips(study, SOLUTES, "Solutes")
    return (
        f'<h2 class="page">Solutes</h2>{grid(heads, body)}<p class="note">{esc(when)}</p>'
        f"<p>{esc(_how(divided=divided))}</p><p>{esc(_dilution(study, truth))}</p>"
        f"{figure(strips, 'Solutes of the patient over time')}"
    )


def _how(*, divided: bool) -> str:
    if not divided:
        return (
            "The simulator of this session kept no account of where a solute went: the change is not divided "
            "into dilution, removal and the body's own."
        )
    return (
        "Dilution is what the lines carried away and brought: the patient's plasma stands in the circuit "
        "where the prime was; and the water that the plasma gained or lost. Removal is what cells and second "
        "filter took; for bilirubin and ammonia it is 0 by default. The body's own is generation less "
        "elimination, and what came from tissue. All three are counted as amounts, divided by the volume in "
        "which the solute spreads at the end, and add up to the change. * The cells made some: this is what "
        "reached the patient and the dilution, together, because amounts cannot tell them apart."
    )


def _dilution(study: Study, truth: Truth) -> str:
    words = (
        "Prime dilution alone lowers bilirubin by 10 to 20 %: a fall of that size is no evidence of removal."
    )
    found = mixing(study, truth)
    if found is None:
        return words
    return (
        f"{words} In this session {found.prime_ml:.0f} mL of prime meet {found.plasma_ml:.0f} mL of plasma: "
        f"once they have mixed, what stays in plasma is {100 * found.share:.0f} % lower, of which the tissue "
        "makes good a part over hours."
    )


def _totals(rows: Sequence[Total]) -> str:
    body = [("", (esc(r.label), esc(r.unit), shown(r.whole, 1), shown(r.per_min, 2))) for r in rows]
    heads = (("amount", ""), ("unit", ""), ("whole session", "num"), ("per min, first to last TREAT", "num"))
    return grid(heads, body) if body else ""


def _gas(study: Study, truth: Truth) -> str:
    note = (
        f"{_SOURCE} Dark blue is what is true, grey what was measured, broad violet what was commanded; "
        "limits and set points as in the trends."
    )
    strips = truth_strips(study, GAS, "Gas")
    return (
        f'<h2 class="page">Gas</h2>{_totals(totals(study, truth, EXCHANGED))}<p class="note">{esc(note)}</p>'
        f"{figure(strips, 'Oxygen, carbon dioxide and sweep gas over time')}"
    )


def _cells(study: Study, truth: Truth) -> str:
    lines = []
    alive, least = truth.v.get("CELLS"), truth.v.get("DO_CELLS_MIN")
    if alive is not None:
        lines.append(
            f"Attached living cells, {truth.unit['CELLS']}: {shown(float(alive[0]), 1)} at the start, "
            f"{shown(float(alive[-1]), 1)} at the end."
        )
    if least is not None:
        at = int(least.argmin())
        lines.append(
            f"Lowest oxygen tension at the cells: {shown(float(least[at]), 0)} "
            f"{truth.unit['DO_CELLS_MIN']} at {hms(float(truth.t[at]))}."
        )
    strips = truth_strips(study, CELLS, "Cells")
    return (
        f'<h2 class="page">Cells</h2><p>{esc(" ".join(lines))}</p>{_totals(totals(study, truth, USED))}'
        f'<p class="note">{esc(_SOURCE)}</p>{figure(strips, "Cells and mediators over time")}'
    )
