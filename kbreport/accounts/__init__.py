"""Key accounts (seed 003)."""
