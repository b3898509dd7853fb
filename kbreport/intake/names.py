"""Names as keys: the same firm written with other case, quotes, spaces or ё is the same name. Legal forms stay: ООО «Ромашка»
and ИП Ромашка are two clients."""

from __future__ import annotations

from typing import Any


def key(names: Any) -> Any:
    """Arrow texts → keys: lower case, е for ё, no quotes, single spaces."""
    import pyarrow.compute as pc

    text = pc.utf8_lower(names)
    text = pc.replace_substring(text, "ё", "е")
    text = pc.replace_substring_regex(text, "[«»\"“”„'`’.,]", " ")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r"[\s\x{00A0}\x{2000}-\x{200A}\x{202F}]+", " "))


def without_form(keys: Any) -> Any:
    """Keys without the legal form, to find the same name under several ids (a warning, never a merge)."""
    import pyarrow.compute as pc

    text = pc.replace_substring_regex(keys, r"(?:^|\s)(?:ооо|ао|пао|зао|оао|ип|чп|тоо|llc|ltd|inc|gmbh|corp)(?:\s|$)", " ")
    return pc.utf8_trim_whitespace(text)


def ids_from(names: Any) -> Any:
    """Ids made of names: the spelling that sorts first stands for all spellings of one key. "" stays ""."""
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = names.combine_chunks() if hasattr(names, "combine_chunks") else names
    coded = pc.dictionary_encode(flat)
    spellings = pa.table({"key": key(coded.dictionary), "name": coded.dictionary})
    first = spellings.group_by("key").aggregate([("name", "min")])
    chosen = first["name_min"].combine_chunks().take(pc.index_in(spellings["key"], value_set=first["key"].combine_chunks()).combine_chunks())
    return chosen.take(coded.indices)
