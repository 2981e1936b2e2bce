"""`python -m qh1a.cohort FILE.toml` writes the cohort drawn from a file to stdout."""

import sys
from pathlib import Path

from qh1a.cohort.draw import text
from qh1a.cohort.model import load_cohort
from qh1a.config import ConfigError

if __name__ == "__main__":
    try:
        source = Path(sys.argv[1] if len(sys.argv) == 2 else "")
        sys.stdout.write(text(load_cohort(source), source.stem))
    except ConfigError as error:
        sys.exit(str(error))
