"""Catalogues: extract, update, check, compile. One .po per room and language, without locations and dates.

    python tools/messages.py update     extract all rooms, merge into locale/*/LC_MESSAGES/<room>.po
    python tools/messages.py check      exit 1 when a catalogue is stale, or a message is empty or fuzzy
    python tools/messages.py compile    write the .mo files beside
    python tools/messages.py missing    print the untranslated messages, room by room

The source strings are Russian: `en` must be complete, `ru` only needs the plurals. Rooms are the modules and packages of
kbreport/, plus `notebooks` (markdown cells of notebooks/, exercises too) and `templates` (Jinja).
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "kbreport" / "locale"
KEYWORDS = {"_": None, "n_": (1, 2), "N_": None, "title": None}
HEADER = "# Messages of the room."


def rooms() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted((ROOT / "kbreport").rglob("*.py")):
        inside = path.relative_to(ROOT / "kbreport")
        if inside.parts[0].startswith("_") or inside.parts[0] == "locale":
            continue
        found.setdefault(inside.parts[0].removesuffix(".py"), []).append(path)
    found["notebooks"] = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    found["templates"] = sorted(p for p in (ROOT / "templates").rglob("*.j2"))
    return found


def messages(path: Path):
    """(message or (one, many), comments) of one file."""
    if path.suffix == ".ipynb":
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "markdown" and text.strip():
                yield text
            elif cell["cell_type"] == "code":  # comments of the parameters cell are help for the reader
                for line in text.splitlines():
                    if "#" in line and any("а" <= c.lower() <= "я" for c in line.split("#", 1)[1]):
                        yield line.split("#", 1)[1].strip()
        return
    method = "jinja2" if path.suffix == ".j2" else "python"
    with path.open("rb") as file:
        extractor = "jinja2.ext:babel_extract" if method == "jinja2" else "python"
        if method == "jinja2":
            from jinja2.ext import babel_extract

            for _, func, message, _ in babel_extract(file, ("_", "gettext", "ngettext"), [], {"encoding": "utf-8"}):
                if message and not isinstance(message, tuple):
                    yield message
            return
        for _, message, _, _ in extract(extractor, file, keywords=KEYWORDS, options={"encoding": "utf-8"}):
            if message:
                yield message


def template(paths: list[Path]) -> Catalog:
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for path in paths:
        for message in messages(path):
            catalog.add(message)
    return catalog


def po_file(lang: str, room: str) -> Path:
    return LOCALE / lang / "LC_MESSAGES" / f"{room}.po"


def updated(lang: str, room: str, paths: list[Path]) -> Catalog | None:
    """The catalogue as it should be: today's messages with the translations known so far."""
    new = template(paths)
    file = po_file(lang, room)
    old = Catalog(locale=lang)
    if file.exists():
        with file.open("rb") as f:
            old = read_po(f, locale=lang, charset="utf-8")
    merged = Catalog(locale=lang, charset="utf-8", fuzzy=False)
    for message in new:
        if not message.id or (lang == "ru" and not message.pluralizable):
            continue
        known = old.get(message.id)
        string = known.string if known is not None and type(known.id) is type(message.id) else None
        if not string and message.pluralizable:
            string = ("",) * merged.num_plurals
        merged.add(message.id, string or "")
    return merged if len(merged) else None


def text_of(catalog: Catalog, room: str) -> str:
    out = io.BytesIO()
    write_po(out, catalog, omit_header=True, no_location=True, width=0, sort_output=False)
    head = f'# kbreport, room {room}\nmsgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n' \
           f'"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    return head + out.getvalue().decode().strip("\n") + "\n"


def problems() -> list[str]:
    found = []
    for room, paths in rooms().items():
        for lang in ("ru", "en"):
            catalog = updated(lang, room, paths)
            file = po_file(lang, room)
            if catalog is None:
                if file.exists():
                    found.append(f"{file.relative_to(ROOT)}: no messages any more, delete it")
                continue
            if not file.exists() or file.read_text(encoding="utf-8") != text_of(catalog, room):
                found.append(f"{file.relative_to(ROOT)}: stale, run: python tools/messages.py update")
            found += [f"{file.relative_to(ROOT)}: empty: {str(m.id)[:90]}" for m in catalog if m.id and not _full(m)]
    return found


def _full(message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def main(verb: str) -> int:
    if verb == "update":
        for room, paths in rooms().items():
            for lang in ("ru", "en"):
                catalog = updated(lang, room, paths)
                file = po_file(lang, room)
                if catalog is None:
                    file.unlink(missing_ok=True)
                    continue
                file.parent.mkdir(parents=True, exist_ok=True)
                text = text_of(catalog, room)
                if not file.exists() or file.read_text(encoding="utf-8") != text:
                    file.write_text(text, encoding="utf-8")
    elif verb == "compile":
        for po in sorted(LOCALE.rglob("*.po")):
            with po.open("rb") as file, po.with_suffix(".mo").open("wb") as out:
                write_mo(out, read_po(file))
    elif verb == "missing":
        for room, paths in rooms().items():
            for lang in ("ru", "en"):
                for m in updated(lang, room, paths) or ():
                    if m.id and not _full(m):
                        print(f"{lang}/{room}: {m.id!r}")
    else:
        found = problems()
        print("\n".join(found) or "catalogues are complete")
        return 1 if found else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
