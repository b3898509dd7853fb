"""A few hundred rounds of bench/fuzz_reader.py: no traceback, no silent loss."""

from bench.fuzz_reader import fuzz


def test_two_hundred_rounds(tmp_path):
    outcomes = fuzz(201, 7, tmp_path)
    assert sum(outcomes.values()) == 201 and outcomes["dress_round: accepted"] == 67
