"""Chapter 1 of the book: the client manager's job."""
