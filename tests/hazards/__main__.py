"""Writes docs/hazards.md to standard output."""

import sys

from tests.hazards.published import page

if __name__ == "__main__":
    sys.stdout.write(page())
