"""Runs every treatment and writes docs/sensitivity.csv and docs/sensitivity.png."""

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.sensitivity.picture import draw
from tests.sensitivity.runs import FILE, jobs, text, treat

if __name__ == "__main__":
    wanted, results = jobs(), []
    with ProcessPoolExecutor(2) as pool:
        for n, (job, found) in enumerate(zip(wanted, pool.map(treat, wanted), strict=True), 1):
            results.append((job, found))
            sys.stderr.write(f"{n} of {len(wanted)}: {job.session} {job.case} {job.end}\n")
            FILE.write_text(text(results), encoding="utf-8")
    draw()
