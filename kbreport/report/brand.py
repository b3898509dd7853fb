"""The customer's brand: name, logo, colours, footer. Checked here with one clear message; class colours never follow it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbreport import errors, words
from kbreport.charts.colour import NAVY, contrast
from kbreport.words import N_

LEAST = 7.0  # contrast of the main colour on white: it carries text and thin rules
_LOGO_BYTES = 500_000


@dataclass(frozen=True)
class Brand:
    name: str = ""
    logo: str = ""  # data: URI, ready for both writers
    colour: str = NAVY
    colour2: str = ""
    footer: str = ""

    @staticmethod
    def of(raw: dict[str, Any]) -> Brand:
        """From company.yml's `brand` (name, logo, colour, colour2, footer); `folder` is where the logo's path begins. Raises CompanyProblem."""
        logo = logo_uri(raw["logo"], Path(raw.get("folder") or ".")) if raw.get("logo") else ""
        return Brand(name=raw.get("name") or "", logo=logo, colour=checked(raw.get("colour") or NAVY, LEAST),
                     colour2=checked(raw["colour2"], 1.0) if raw.get("colour2") else "", footer=raw.get("footer") or "")


def checked(colour: str, least: float) -> str:
    """The colour, when it can be read on white paper."""
    try:
        found = contrast(colour)
    except (ValueError, TypeError):
        raise errors.CompanyProblem(N_("Цвет бренда «{colour}» не понят."), colour=str(colour), remedy=N_("Напишите его как #RRGGBB, например #16365C.")) from None
    if found < least - 1e-9:
        raise errors.CompanyProblem(N_("Цвет бренда {colour} слишком бледный для текста: контраст с белым {found}, нужно не меньше {least}."), colour=colour,
                                    found=words.number(found, 1), least=words.number(least, 0), remedy=N_("Возьмите более тёмный оттенок того же цвета."))
    return colour


def logo_uri(logo: str, folder: Path = Path()) -> str:
    """A PNG or SVG file (or a data: URI made of one) as a data: URI without scripts and outside links."""
    if logo.startswith("data:image/"):
        kind, content = logo.split(",", 1)[0], base64.b64decode(logo.split(",", 1)[1])
        return _checked_logo(content, "logo", "svg" in kind)
    path = folder / logo
    if not path.is_file():
        raise errors.CompanyProblem(N_("Файл логотипа {path} не найден."), path=str(path), remedy=N_("Проверьте строку logo в разделе brand."))
    return _checked_logo(path.read_bytes(), path.name, path.suffix.lower() == ".svg")


def _checked_logo(content: bytes, name: str, is_svg: bool) -> str:
    if len(content) > _LOGO_BYTES:
        raise errors.CompanyProblem(N_("Логотип {name} больше {size} КБ."), name=name, size=words.number(_LOGO_BYTES / 1000), remedy=N_("Сохраните его меньшим."))
    if is_svg and _safe_svg(content):
        return "data:image/svg+xml;base64," + base64.b64encode(content).decode()
    if not is_svg and content[:8] == b"\x89PNG\r\n\x1a\n" and b"IEND" in content[-16:]:
        return "data:image/png;base64," + base64.b64encode(content).decode()
    raise errors.CompanyProblem(N_("Логотип {name} не подходит: нужен целый PNG или SVG без скриптов и внешних ссылок."), name=name,
                                remedy=N_("Сохраните его как PNG и укажите снова."))


def _safe_svg(content: bytes) -> bool:
    from xml.etree import ElementTree

    text = content.decode("utf-8", "replace")
    if re.search(r"<!ENTITY|<!DOCTYPE[^>]*\[|<script|<foreignObject|\son\w+\s*=|javascript:|@import", text, re.I):
        return False
    if re.search(r"(?:href|src)\s*=\s*[\"'](?!#|data:image/)|url\(\s*[\"']?(?!#|data:)", text, re.I):
        return False
    try:
        return ElementTree.fromstring(content).tag.rpartition("}")[2] == "svg"
    except ElementTree.ParseError:
        return False
