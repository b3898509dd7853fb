"""Chapter 2 of the book: working time."""
