"""Chapter 6 of the book: touches, reactivation, price retention."""
