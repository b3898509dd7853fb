"""Commands: thin click wrappers over `kbreport`'s functions. The contract is docs/commands.md (DESIGN section 2)."""

from kbreport.cli.main import main

__all__ = ["main"]
