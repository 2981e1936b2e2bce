"""Writes a session under a file size limit until the recorder complains; says how and closes."""

import resource
import sys
from pathlib import Path

from qh1a.record import Recorder, RecordError
from tests.record.ticks import HEADER, StillClock, lively


def main(path: Path, limit: int, recovers: bool) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    recorder = Recorder(path, HEADER, StillClock(step_ns=10**9))
    durable = 0
    for n in range(700):
        try:
            recorder.put(*lively(n))
            durable = n + 1
        except RecordError as error:
            sys.stdout.write(f"{durable} {error}\n")
            if not recovers:
                break
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    try:
        recorder.close({})
    except RecordError as error:
        sys.stdout.write(f"close {error}\n")


main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "recovers")
