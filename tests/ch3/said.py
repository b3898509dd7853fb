"""What a result says, as one text without its pictures: for tests of language and figures."""

from __future__ import annotations

from kbreport.method.result import Result


def words_of(result: Result) -> str:
    """Findings and blocks; the SVG of charts apart, whose words the charts room tests."""
    said = [f"{f.text} {f.detail} {f.action} {f.who} {f.basis}" for f in result.findings] + [result.reason]
    return " ".join(said + [_plain(b) for b in result.blocks])


def _plain(block) -> str:
    if isinstance(block, dict):
        return " ".join(_plain(v) for k, v in block.items() if k not in ("svg", "phone", "k", "id", "sheet"))
    return " ".join(_plain(v) for v in block) if isinstance(block, (list, tuple)) else str(block)


def is_english(text: str) -> bool:
    return not any("а" <= c <= "я" or c == "ё" for c in text.lower())


def figure_of(text: str) -> str:
    """A text with plain spaces and minus signs, so that a test can look for `−842 тыс.`."""
    return text.replace("\u00a0", " ").replace("\u2212", "-")
