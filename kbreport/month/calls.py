"""The list «Позвонить»: at most ten clients, each with why, money at stake, last touch and next step.

Reasons in order, a client is named once, by the first that fits: silent longer than his rhythm · overdue debt · buys less than in
the same quarter a year ago · takes little of a large purchase · the day of his usual order has passed. The order of the list is
the money. Bases of the money differ and are written under each sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, money, n_, number, percent, signed

if TYPE_CHECKING:
    from kbreport.month.bundle import Bundle

MOST = 10
RESERVE = 3  # places of the list kept for free volume [OURS]
FALL = -0.2  # a quarter this much below the same one a year ago [OURS]
LATE_DAYS = 7  # of a debt [OURS], as M7.19
LOST_DAYS = 365
GOAL = 0.10  # share of the free volume that one talk may bring [OURS], as M4.7
REASONS = ("silent", "overdue", "falling", "free", "due")
BASES = {"silent": N_("за 12 мес. до паузы"), "overdue": N_("просрочено"), "falling": N_("разница за квартал"), "free": N_("10 % свободного объёма"), "due": N_("обычный заказ")}
STEPS = {"silent": N_("спросить о причине; предложить дату"), "overdue": N_("назвать дату оплаты"), "falling": N_("узнать, кому отдал разницу"),
         "free": N_("пробный заказ второй группы"), "due": N_("напомнить, собрать заказ")}


def candidates(bundle: "Bundle") -> pd.DataFrame:
    """Every client who gives a reason, with `reason` and `stake`, by money."""
    c = bundle.frames["clients"]
    c = c[~c["is_closed"]].reset_index(drop=True)
    expected = c["expected_next_date"]
    with np.errstate(invalid="ignore", divide="ignore"):
        change = c["quarter_amount"] / c["quarter_year_ago"].where(c["quarter_year_ago"] > 0) - 1
    silent = c["state"].isin(["falling_asleep", "sleeping"]) | ((c["state"] == "lost") & (c["days_since"] <= LOST_DAYS))
    tests = [silent & (c["s12_before"] > 0), (c["overdue"] > 0) & (c["overdue_days"] > LATE_DAYS), change <= FALL + 1e-9,
             c["class"].isin(["A", "A+", "C"]) & (c["free_amount"] > 0) & (bundle.meta["kind"] == "abcd") & (c["wallet"] < 0.5), expected.notna() & (expected <= pd.Timestamp(bundle.meta["as_of"])) & (c["state"] == "active")]
    stakes = [c["s12_before"], c["overdue"], c["quarter_year_ago"] - c["quarter_amount"], c["free_amount"] * GOAL, c["mean_order"]]
    out = c.assign(reason=np.select([t.fillna(False).to_numpy(bool) for t in tests], REASONS, ""), stake=np.select([t.fillna(False).to_numpy(bool) for t in tests], [s.to_numpy("float64") for s in stakes], np.nan), change=change)
    out = out[(out["reason"] != "") & (out["stake"] > 0)]
    return out.sort_values(["stake", "client_id"], ascending=[False, True], kind="stable").reset_index(drop=True)


def calls(bundle: "Bundle") -> pd.DataFrame:
    """The ten with the most money, dressed: rank, CL, class, reason, why, stake_amount, basis, last_touch_date, next_step."""
    found = _ten(candidates(bundle))
    currency = bundle.meta["currency"]
    rows = found.to_dict("records")
    out = found[["client_id", "client_name", "manager_id", "class", "state", "reason"]].copy()
    out.insert(0, "rank", np.arange(1, len(out) + 1))
    out["why"] = [_why(r, currency) for r in rows]
    out["stake_amount"] = found["stake"].round(2)
    out["basis"] = [_(BASES[r]) for r in found["reason"]]
    out["last_touch_date"] = found["last_touch_date"]
    out["next_step"] = [_step(r) for r in rows]
    out["next_step_date"] = found["next_step_date"]
    return out


def _ten(found: pd.DataFrame) -> pd.DataFrame:
    """Money that may leave goes before money that may come: free volume takes three places, or those nobody else needs."""
    free = found["reason"] == "free"
    rest = found[~free].head(MOST - min(RESERVE, int(free.sum())))
    return pd.concat([rest, found[free].head(MOST - len(rest))]).sort_values(["stake", "client_id"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _why(r: dict, currency: str | None) -> str:
    if r["reason"] == "silent":
        late = n_("{n} день без заказа", "{n} дней без заказа", int(r["days_since"]))
        usual = _(", обычно раз в {n}").format(n=number(r["rhythm_days"])) if r["rhythm_days"] == r["rhythm_days"] and r["rhythm_status"] == "ok" else ""
        return f"{pinned('state', r['state'])}: {late}{usual}"
    if r["reason"] == "overdue":
        return _("долг {debt}, просрочен до {n} дн.").format(debt=money(r["debt"], currency), n=number(r["overdue_days"]))
    if r["reason"] == "falling":
        return _("заказывает, но квартал {change} к прошлому году").format(change=signed(percent(r["change"])))
    if r["reason"] == "free":
        return _("берёт у нас {share}, свободно {free}").format(share=percent(r["wallet"]), free=money(r["free_amount"], currency))
    return _("срок заказа прошёл {day}").format(day=_day(r["expected_next_date"]))


def _day(value) -> str:
    from kbreport.words import day

    return day(value)


def _step(r: dict) -> str:
    """What the manager himself has written down goes before our advice."""
    ours = STEPS[r["reason"]]
    return _("обещано {day}").format(day=_day(r["next_step_date"])) if not pd.isna(r["next_step_date"]) else _(ours)
