"""The sample company's truth written as the files of other systems: see tools/make_exports.py."""
