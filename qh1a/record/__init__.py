"""The session file: written in the tick, read for replay, plots and audit, proved by `verify`."""

from qh1a.record.codec import RecordError
from qh1a.record.header import Header
from qh1a.record.reader import Recorded, RecordedDecision, SessionFile
from qh1a.record.summary import Summary, summarise
from qh1a.record.truth import TruthRows, TruthSignal
from qh1a.record.writer import Recorder

__all__ = [
    "Header",
    "RecordError",
    "Recorded",
    "RecordedDecision",
    "Recorder",
    "SessionFile",
    "Summary",
    "TruthRows",
    "TruthSignal",
    "summarise",
]
