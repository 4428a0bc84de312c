"""`python -m cordee.app`: the command line."""

from cordee.app.cli import main

main()
