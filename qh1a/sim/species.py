"""What the fluid carries, each species once.

Amounts are mL x concentration, so that transport is addition. Proteins, small solutes, mediators and gases
are dissolved in plasma; red cells and the oxygen on their haemoglobin are not. `SID` is the strong ion
difference (Stewart): bicarbonate plus the charge of the non-bicarbonate buffers, which only strong acids such
as lactic acid change. Total carbon dioxide is CO2 + HCO3, total oxygen is dissolved plus haemoglobin-bound.
"""

from enum import IntEnum
from typing import Final, NamedTuple


class Species(IntEnum):
    """Index into every vector of amounts or concentrations."""

    RBC = 0
    ALBUMIN = 1
    GLOBULIN = 2
    CB = 3
    UCB = 4
    BILE_ACIDS = 5
    UREA = 6
    CREATININE = 7
    AMMONIA = 8
    GLUCOSE = 9
    LACTATE = 10
    SID = 11
    CO2 = 12
    HCO3 = 13
    O2 = 14
    IL6 = 15
    TNF = 16
    HGF = 17
    PGE2 = 18
    EV = 19
    HEPARIN = 20
    CITRATE = 21
    DEBRIS = 22
    FHB = 23
    HEAT = 24


N_SPECIES: Final = len(Species)
N_SOLUTES: Final = N_SPECIES - 1
"""All but heat."""


class SpeciesRow(NamedTuple):
    """Unit of concentration and meaning of one species."""

    species: Species
    unit: str
    meaning: str


_S = Species
SPECIES: Final = (
    SpeciesRow(_S.RBC, "mL/mL", "red cells"),
    SpeciesRow(_S.ALBUMIN, "g/L", "albumin"),
    SpeciesRow(_S.GLOBULIN, "g/L", "all protein that is not albumin"),
    SpeciesRow(_S.CB, "umol/L", "conjugated bilirubin"),
    SpeciesRow(_S.UCB, "umol/L", "unconjugated bilirubin"),
    SpeciesRow(_S.BILE_ACIDS, "umol/L", "bile acids"),
    SpeciesRow(_S.UREA, "umol/L", "urea"),
    SpeciesRow(_S.CREATININE, "umol/L", "creatinine"),
    SpeciesRow(_S.AMMONIA, "umol/L", "ammonia and ammonium"),
    SpeciesRow(_S.GLUCOSE, "umol/L", "glucose"),
    SpeciesRow(_S.LACTATE, "umol/L", "lactate"),
    SpeciesRow(_S.SID, "umol/L", "strong ion difference"),
    SpeciesRow(_S.CO2, "umol/L", "dissolved carbon dioxide"),
    SpeciesRow(_S.HCO3, "umol/L", "bicarbonate"),
    SpeciesRow(_S.O2, "umol/L", "oxygen, dissolved and on haemoglobin"),
    SpeciesRow(_S.IL6, "pg/mL", "interleukin-6"),
    SpeciesRow(_S.TNF, "pg/mL", "tumour necrosis factor"),
    SpeciesRow(_S.HGF, "pg/mL", "hepatocyte growth factor"),
    SpeciesRow(_S.PGE2, "pg/mL", "prostaglandin E2"),
    SpeciesRow(_S.EV, "1e6/mL", "extracellular vesicles"),
    SpeciesRow(_S.HEPARIN, "IU/L", "unfractionated heparin"),
    SpeciesRow(_S.CITRATE, "umol/L", "citrate"),
    SpeciesRow(_S.DEBRIS, "cells/mL", "detached and dead cells of the bioreactor"),
    SpeciesRow(_S.FHB, "umol/L", "free haemoglobin, as haem"),
    SpeciesRow(_S.HEAT, "C", "temperature, as heat over heat capacity"),
)
