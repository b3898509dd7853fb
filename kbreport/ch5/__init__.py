"""Chapter 5 of the book: managing client managers, motivation and reporting."""
