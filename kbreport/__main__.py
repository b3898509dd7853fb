"""`python -m kbreport` = `kbreport`."""

from kbreport.cli import main

if __name__ == "__main__":
    main()
