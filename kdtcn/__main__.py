"""`python -m kdtcn` is the command line."""

from kdtcn.cli import main

main()
