"""Chapter 4 of the book: getting the most out of the base (ABCD)."""
