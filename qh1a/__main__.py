"""`python -m qh1a`."""

from qh1a.cli import main

if __name__ == "__main__":
    main()
