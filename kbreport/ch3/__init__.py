"""Chapter 3 of the book: measurements of the client base."""
