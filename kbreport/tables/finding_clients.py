"""Checks on clients: one firm under several codes, one code for several firms, one client above all, no manager."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kbreport.intake import names
from kbreport.tables.checked import EXAMPLES, View
from kbreport.tables.model import ZERO, Check
from kbreport.words import _, listed, n_, percent, quoted

DOMINANT = 0.5
TECHNICAL = r"(?i)розничн\pL* (?:покупател|клиент|продаж)|частн\pL* лиц|физ(?:ическ\pL+)?\.? ?лиц|^тест(?:ов\pL+)?(?: |$)|без клиента|неизвестн\pL+ (?:клиент|покупател|контрагент)|^покупатель$|walk-?in|^test(?: |$)"


def same_inn(view: View) -> Check | None:
    """The same INN under several client codes of the cards."""
    cards = view.tables.frames.get("clients")
    if cards is None or "inn" not in cards:
        return None
    known = cards.dropna(subset=["inn"])
    several, examples = _several(known[["inn", "client_id"]].drop_duplicates(), "inn", "client_id")
    text = n_("{n} ИНН стоит у нескольких клиентов", "{n} ИНН стоят у нескольких клиентов", several) + _told(examples)
    return Check("same_inn", "warn", view.said(text), several, None, examples) if examples else view.clean("same_inn")


def same_name(view: View) -> Check | None:
    """The same name (whatever the legal form, case, quotes) under several codes."""
    pairs = _pairs(view)
    if pairs is None:
        return None
    import pyarrow as pa

    keyed = pa.table({"key": names.without_form(names.key(pairs["client_name"])), "client_id": pairs["client_id"]}).to_pandas()
    several, examples = _several(keyed[keyed["key"] != ""].drop_duplicates(), "key", "client_id")
    text = n_("{n} название стоит у нескольких кодов клиента", "{n} названий стоят у нескольких кодов клиента", several) + _told(examples)
    return Check("same_name", "warn", view.said(text), several, None, examples) if examples else view.clean("same_name")


def id_two_names(view: View) -> Check | None:
    """One code with different names in the sales rows: a re-used code, or two firms in one."""
    if not {"client_id", "client_name"} <= set(view.sales.column_names) or view.header("client_id", "") == "":
        return None
    import pyarrow as pa

    unique = view.sales.select(["client_id", "client_name"]).drop_null().group_by(["client_id", "client_name"]).aggregate([])
    frame = pa.table({"client_id": unique["client_id"], "name": unique["client_name"], "key": names.key(unique["client_name"])}).to_pandas()
    frame = frame.sort_values(["client_id", "name"]).drop_duplicates(["client_id", "key"])
    several, examples = _several(frame.assign(name=frame["name"].map(quoted)), "client_id", "name")
    text = n_("{n} код клиента стоит у разных названий", "{n} кодов клиента стоят у разных названий", several) + _told(examples)
    return Check("id_two_names", "warn", view.said(text), several, None, examples) if examples else view.clean("id_two_names")


def technical_clients(view: View) -> Check | None:
    """«Розничный покупатель» and the like are no clients: they blur every class and share. They are named, not left out."""
    if "client_id" not in view.sales.column_names:
        return None
    import pyarrow as pa
    import pyarrow.compute as pc

    pairs = _pairs(view)
    if pairs is None:
        ids = pc.unique(view.sales["client_id"])
        pairs = pa.table({"client_id": ids, "client_name": ids})
    hit = pairs.filter(pc.fill_null(pc.match_substring_regex(pairs["client_name"], TECHNICAL), False)).sort_by("client_id")
    codes = hit["client_id"].combine_chunks()
    amount = pc.sum(view.sales["amount"].filter(pc.is_in(view.sales["client_id"], value_set=codes))).as_py() or ZERO
    if not amount:
        return view.clean("technical_clients")
    text = n_("{n} клиент похож на технического, на {amount}", "{n} клиентов похожи на технических, на {amount}", hit.num_rows, amount=view.money(amount)) + ": " + listed(hit["client_name"].to_pylist())
    return Check("technical_clients", "warn", view.said(text + "; " + _("если это не клиенты, впишите их коды в internal_clients")), hit.num_rows, amount, tuple(codes.to_pylist()[:EXAMPLES]))


def bad_inn(view: View) -> Check | None:
    """INNs whose check digit is wrong: such a number joins nobody."""
    cards = view.tables.frames.get("clients")
    if cards is None or "inn" not in cards:
        return None
    from stdnum.ru import inn

    wrong = sorted(f"{c}: {i}" for c, i in zip(cards["client_id"], cards["inn"], strict=True) if isinstance(i, str) and i and not inn.is_valid(i))
    text = n_("{n} ИНН с неверной контрольной цифрой", "{n} ИНН с неверной контрольной цифрой", len(wrong)) + _told(tuple(wrong))
    return Check("bad_inn", "info", view.said(text), len(wrong), None, tuple(wrong[:EXAMPLES])) if wrong else view.clean("bad_inn")


def dominant_client(view: View) -> Check | None:
    """One client with more than half of the sales."""
    if "client_id" not in view.sales.column_names:
        return None
    by_client = view.sales.group_by("client_id").aggregate([("amount", "sum")])
    total = view.tables.ledger.amount_out
    rows = sorted(zip(by_client["amount_sum"].to_pylist(), by_client["client_id"].to_pylist(), strict=True), key=lambda r: (-(r[0] or ZERO), str(r[1])))
    if not rows or total <= 0:
        return None
    amount, client = rows[0]
    share = float(amount / total)
    if share <= DOMINANT:
        return view.clean("dominant_client", Decimal(amount))
    text = _("на клиента {client} приходится {share} продаж").format(client=quoted(str(client)), share=percent(share, 1))
    return Check("dominant_client", "warn", view.said(text), 1, Decimal(amount), (str(client),))


def no_manager(view: View) -> Check:
    """Rows and clients without a manager; or no column of managers at all."""
    import pyarrow.compute as pc

    header = view.header("manager_id", view.header("manager_name", _("Менеджер")))
    if "manager_id" not in view.sales.column_names:
        cards = view.tables.frames.get("clients")
        if cards is not None and "manager_id" in cards:
            return Check("no_manager", "info", view.said(_("менеджеры взяты из карточек клиентов")), 0)
        return Check("no_manager", "info", view.said(_("нет столбца «{column}»: отчётов по менеджерам не будет").format(column=_("Менеджер"))), 1)
    mask = pc.is_null(view.sales["manager_id"])
    if not pc.any(mask).as_py():
        return view.clean("no_manager", ZERO)
    rows = view.sales.filter(mask)
    amount = pc.sum(rows["amount"]).as_py() or ZERO
    clients = sorted(str(c) for c in pc.unique(rows["client_id"]).to_pylist()) if "client_id" in rows.column_names else []
    text = n_("в столбце «{column}» пусто в {n} строке на {amount}", "в столбце «{column}» пусто в {n} строках на {amount}", rows.num_rows, column=header, amount=view.money(amount))
    if clients:
        text += ": " + listed(clients)
    return Check("no_manager", "warn", view.said(text), rows.num_rows, amount, tuple(clients[:EXAMPLES]))


def without_card(view: View) -> Check | None:
    """Clients of the sales that have no card; those that differ from a card only by a tail «.0» are a spoilt export."""
    cards = view.tables.frames.get("clients")
    if cards is None or "client_id" not in view.sales.column_names:
        return None
    import pyarrow.compute as pc

    known = set(cards["client_id"])
    lost = sorted(c for c in pc.unique(view.sales["client_id"]).to_pylist() if c and c not in known)
    tails = [c for c in lost if c.removesuffix(".0") in known or f"{c}.0" in known]
    if not lost:
        return view.clean("without_card")
    text = n_("{n} клиент из продаж без карточки", "{n} клиентов из продаж без карточки", len(lost)) + ": " + listed(lost)
    if tails:
        text += "; " + n_("у {n} код отличается только хвостом «.0»", "у {n} коды отличаются только хвостом «.0»", len(tails))
    return Check("without_card", "warn" if tails else "info", view.said(text), len(lost), None, tuple((tails or lost)[:EXAMPLES]))


def _several(pairs: Any, by: str, what: str) -> tuple[int, tuple[str, ...]]:
    """How many values of `by` have more than one `what`, and the first ten of them written out."""
    repeated = pairs[pairs.duplicated(by, keep=False)].sort_values([by, what])
    shown = repeated[repeated[by].isin(repeated[by].drop_duplicates().head(EXAMPLES))]
    told = shown.groupby(by, sort=True)[what].agg(list)
    return int(repeated[by].nunique()), tuple(f"{key}: {', '.join(many[:5])}" for key, many in told.items())


def _pairs(view: View) -> Any:
    """(client_id, client_name) of the cards, else of the sales rows."""
    import pyarrow as pa

    cards = view.tables.frames.get("clients")
    if cards is not None and "client_name" in cards:
        return pa.table({c: pa.array(cards[c], pa.string()) for c in ("client_id", "client_name")}).drop_null()
    if {"client_id", "client_name"} <= set(view.sales.column_names):
        return view.sales.select(["client_id", "client_name"]).drop_null().group_by(["client_id", "client_name"]).aggregate([])
    return None


def _told(examples: tuple[str, ...]) -> str:
    return ": " + " ".join("; ".join(examples[:3]).split()) if examples else ""
