"""A few hundred rounds of bench/fuzz_reader.py: no traceback, no silent loss."""

from bench.fuzz_reader import fuzz


def test_three_hundred_rounds(tmp_path):
    outcomes = fuzz(300, 7, tmp_path)
    assert sum(outcomes.values()) == 300
    assert all(outcomes[f"{kind}: accepted"] == 50 for kind in ("dress_round", "book_round", "tree_round"))
