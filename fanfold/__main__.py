"""`python -m fanfold` is the command line."""

from fanfold.cli import main

main()
