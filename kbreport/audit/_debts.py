"""What is known of payments: bills with their delay, month-end snapshots of debt, what is left out of both and why.

A *piece* is money of one bill that was paid on a day, or is still open at the as-of date: bill (its number) · client_id · invoice ·
due · day · amount · is_open · delay (days after the due date). A *bill* is an invoice to be paid by a due date; an invoice with several due
dates is as many bills. Pieces that are open and not yet due tell nothing, so a bill that has one is not known yet.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

PENNY = 0.005
FRESH_DAYS = 31  # an older snapshot does not say what is open at the as-of date
BILL = ["client_id", "invoice", "due"]
PIECE = ["bill", *BILL, "day", "amount", "is_open"]
SHOT = {"client_id": "str", "invoice": "object", "due": "datetime64[s]", "day": "datetime64[s]", "amount": "float64", "late": "float64", "days": "int64"}


def on_credit(table: pd.DataFrame | None, base: Any) -> pd.DataFrame | None:
    """The rows that can be late: not prepaid (by the row's own terms, else by the client's card), not of our own firms."""
    if table is None:
        return None
    cards = base.facts.clients
    ours = set(cards.loc[cards["is_internal"].fillna(False).astype("bool"), "client_id"]) if "is_internal" in cards else set()
    ahead = set(cards.loc[cards["payment_terms_days"] == 0, "client_id"]) if "payment_terms_days" in cards else set()
    terms = _column(table, "terms", "object")
    prepaid = (terms == "cash") | (terms.isna() & table["client_id"].isin(ahead))
    return table[~prepaid & ~table["client_id"].isin(ours | set(base.parameters.internal_clients))].reset_index(drop=True)


def _column(table: pd.DataFrame, name: str, kind: str) -> pd.Series:
    """A column that the file may lack, with nothing in it then."""
    return table[name].astype(kind) if name in table else pd.Series(None, index=table.index, dtype=kind)


# ------------------------------------------------------------------ payments
def pieces(payments: pd.DataFrame, debts: pd.DataFrame | None, at: pd.Timestamp) -> pd.DataFrame:
    """All pieces known at `at`. What is open is said by a fresh snapshot of the debt, else by the unpaid rows of the payments."""
    rows, shot = _rows(payments), _fresh(debts, at)
    if shot is not None:
        shot = shot[shot["client_id"].isin(payments["client_id"].unique())]
    rows, shot = _numbered(rows, shot)
    paid = rows[rows["paid_date"] <= at]
    settled = paid.assign(day=paid["paid_date"], is_open=False, amount=_amount(paid))
    still = _open_in(rows, paid) if shot is None else _open_by(shot, paid)
    keys = pd.concat([part[["bill", *BILL]] for part in (rows, shot) if part is not None]).drop_duplicates("bill").set_index("bill")
    still = still.join(keys, on="bill").assign(day=at, is_open=True)
    both = [part[PIECE] for part in (settled, still) if len(part)] or [settled[PIECE]]
    out = pd.concat(both, ignore_index=True)
    out["delay"] = (out["day"] - out["due"]).dt.days.clip(lower=0)
    return out[~(out["amount"] <= PENNY)].reset_index(drop=True)


def _rows(payments: pd.DataFrame) -> pd.DataFrame:
    """Payments whose due day is known, by invoice (else order, deal, the payment itself)."""
    money, days = (pd.DataFrame({name: _column(payments, name, kind) for name in names}) for names, kind in (
        (("paid_amount", "planned_amount"), "float64"), (("due_date", "paid_date"), "datetime64[s]")))
    keys = [_column(payments, name, "object") for name in ("invoice_id", "order_id", "deal_id")]
    invoice = keys[0].fillna(keys[1]).fillna(keys[2])
    if invoice.isna().any():
        invoice = invoice.fillna("payment " + payments["payment_id"].astype("str"))
    rows = pd.concat([payments["client_id"], invoice.rename("invoice"), days.rename(columns={"due_date": "due"}), money], axis=1)
    lost = rows["paid_date"].isna() & (rows["paid_amount"] > PENNY)  # paid, nobody knows when
    return rows[rows["due"].notna() & ~lost].reset_index(drop=True)


def _fresh(debts: pd.DataFrame | None, at: pd.Timestamp) -> pd.DataFrame | None:
    """The last snapshot as bills, if it is not too old; a row without a number is a bill of its own."""
    if debts is None:
        return None
    known = debts.loc[debts["snapshot_date"] <= at, "snapshot_date"].max()
    if pd.isna(known) or (at - known).days > FRESH_DAYS:
        return None
    shot = debts[debts["snapshot_date"] == known].reset_index(drop=True)
    return pd.DataFrame({"client_id": shot["client_id"], "invoice": _column(shot, "invoice_id", "object").fillna("row " + shot.index.astype("str").to_series(index=shot.index)),
                         "due": shot["due_date"].astype("datetime64[s]"), "taken": shot["snapshot_date"], "open_amount": shot["open_amount"].astype("float64")})


def _numbered(rows: pd.DataFrame, shot: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Both with the number of the bill: one factorization of texts instead of one for every sum."""
    both = pd.concat([part[BILL] for part in (rows, shot) if part is not None and len(part)] or [rows[BILL]], ignore_index=True)
    code = np.zeros(len(both), "int64")
    for name in BILL:
        found, values = pd.factorize(both[name])
        code = code * len(values) + found
    bill = pd.factorize(code)[0]
    return rows.assign(bill=bill[:len(rows)]), None if shot is None else shot.assign(bill=bill[len(rows):])


def _open_in(rows: pd.DataFrame, paid: pd.DataFrame) -> pd.DataFrame:
    """Open part of each bill: what its unpaid rows plan; where they do not say or are missing, what was planned less what was paid.

    Parts of one payment may repeat the plan of the whole or name the rest: the largest plan of the rows is that of the bill.
    """
    rest = rows.drop(paid.index)
    waiting = _sums(rest.assign(amount=rest["planned_amount"].fillna(rest["paid_amount"])), ["amount"])["amount"]  # paid after `at`: so much was open
    planned = rows.groupby("bill")["planned_amount"].max()
    done = paid.assign(amount=_amount(paid)).groupby("bill")["amount"].sum()
    short = (planned - done.reindex(planned.index, fill_value=0.0)).clip(lower=0.0)
    amount = waiting.reindex(short.index).fillna(short).rename("amount")
    return amount[(amount > PENNY) | (amount.isna() & amount.index.isin(waiting.index))].reset_index()


def _open_by(shot: pd.DataFrame, paid: pd.DataFrame) -> pd.DataFrame:
    """Open bills of a snapshot less what was paid on them since."""
    bills = shot.groupby("bill")["open_amount"].sum()
    since = paid[paid["paid_date"] > shot["taken"].max()].groupby("bill")["paid_amount"].sum()
    left = (bills - since.reindex(bills.index, fill_value=0.0)).rename("amount")
    return left[left > PENNY].reset_index()


def _amount(paid: pd.DataFrame) -> pd.Series:
    return paid["paid_amount"].fillna(paid["planned_amount"])


def _sums(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Sums by bill; a sum with an unknown part is unknown."""
    return rows[names].groupby(rows["bill"]).sum().mask(rows[names].isna().groupby(rows["bill"]).any())


def bills(found: pd.DataFrame) -> pd.DataFrame:
    """Known bills in the order of their due dates: amount, delay of the last money, money × days, `position` from the last (1)."""
    still = found["is_open"] & (found["day"] <= found["due"])
    known = found[~found["bill"].isin(found.loc[still, "bill"].unique())]
    known = known.assign(weight=known["amount"] * known["delay"])
    out = _sums(known, ["amount", "weight"]).assign(delay=known.groupby("bill")["delay"].max()).join(known.drop_duplicates("bill").set_index("bill")[BILL])
    out = out.sort_values(["client_id", "due", "invoice"], kind="stable").reset_index(drop=True)
    out["position"] = out.groupby("client_id").cumcount(ascending=False) + 1
    return out


# ------------------------------------------------------------------ snapshots
def snapshots(debts: pd.DataFrame | None, at: pd.Timestamp) -> pd.DataFrame:
    """The last snapshot of each calendar month until `at`: client_id · invoice · due · day (of the snapshot) · amount · late · days.

    Overdue on the day of the snapshot: the due date is past. Daily snapshots would make a week of delay look like six delays.
    """
    if debts is None or debts.empty:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in SHOT.items()})
    known = debts[debts["snapshot_date"] <= at]
    days = pd.Series(known["snapshot_date"].unique())
    last = days.groupby(days.dt.to_period("M")).max()
    known = known[known["snapshot_date"].isin(last)].reset_index(drop=True)
    out = pd.DataFrame({"client_id": known["client_id"], "invoice": _column(known, "invoice_id", "object"), "due": known["due_date"], "day": known["snapshot_date"],
                        "amount": known["open_amount"].astype("float64")})
    is_late = out["due"] < out["day"]
    return out.assign(late=out["amount"].where(is_late, 0.0), days=(out["day"] - out["due"]).dt.days.where(is_late, 0))


# ------------------------------------------------------------------ disputes
def disputed(rows: pd.DataFrame, claims: pd.DataFrame | None) -> pd.Series:
    """True where the delay from `due` to `day` fell together with an open claim of the client: who disputes a delivery is not a late
    payer. Claims name no invoice, so every late bill of those days is out."""
    if claims is None or claims.empty:
        return pd.Series(False, index=rows.index)
    life = pd.DataFrame({"client_id": claims["client_id"], "opened": claims["opened_at"], "closed": _column(claims, "closed_at", "datetime64[s]")})
    late = rows.loc[rows["client_id"].isin(claims["client_id"].unique()) & (rows["day"] > rows["due"]), ["client_id", "due", "day"]]
    met = late.reset_index(names="row").merge(life, on="client_id")
    met = met[(met["opened"] <= met["day"]) & (met["closed"].isna() | (met["closed"] > met["due"]))]
    return pd.Series(rows.index.isin(met["row"]), index=rows.index)


def bill_marks(found: pd.DataFrame, marks: pd.Series) -> pd.Series:
    """True for every piece of a bill that has a marked piece."""
    return found["bill"].isin(found.loc[marks, "bill"].unique())
