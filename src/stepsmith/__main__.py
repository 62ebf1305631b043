"""`python -m stepsmith` is the command line."""

from stepsmith.cli.main import main

main()
