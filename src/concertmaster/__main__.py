"""`python -m concertmaster`: the command `concertmaster` of exactly this Python."""

from concertmaster.cli.main import main

if __name__ == "__main__":
    main()
