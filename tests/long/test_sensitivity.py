"""Whole treatments give their rows of docs/sensitivity.csv."""

from dataclasses import astuple

import pytest

from tests.sensitivity.runs import WHOLE, Job, jobs, row, treat

CASES = {("nominal", "nominal"), ("permeability", "low"), ("complement", "high"), ("scale", "high")}
JOBS = [job for job in jobs() if job.session == WHOLE and (job.case, job.end) in CASES]


@pytest.mark.parametrize("job", JOBS, ids=lambda j: f"{j.case} {j.end}")
def test_a_treatment_gives_its_row(job: Job) -> None:
    assert astuple(treat(job)) == pytest.approx(astuple(row(job.case, job.end)), rel=1e-4, abs=1e-2)


def test_all_of_them_are_there() -> None:
    assert len(JOBS) == len(CASES)
