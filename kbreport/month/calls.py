"""The list «Позвонить»: at most ten clients, each with why, money at stake, last touch and next step.

Reasons in order, a client is named once, by the first that fits: silent longer than his rhythm · overdue debt · buys less than in
the same quarter a year ago · a high risk score · takes little of a large purchase · the day of his usual order has passed. The order
of the list is the money. Bases of the money differ and are written under each sum. Lengths and shares are the settings of `norms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, money, n_, number, percent, signed

if TYPE_CHECKING:
    from kbreport.month.bundle import Bundle

REASONS = ("silent", "overdue", "falling", "risk", "free", "due")
BASES = {"silent": N_("за 12 мес. до паузы"), "overdue": N_("просрочено"), "falling": N_("разница за квартал"), "risk": N_("можем потерять за год"), "free": N_("{share} свободного объёма"),
         "due": N_("обычный заказ")}
STEPS = {"silent": N_("спросить о причине; предложить дату"), "overdue": N_("назвать дату оплаты"), "falling": N_("узнать, кому отдал разницу"), "risk": N_("спросить, что не так"),
         "free": N_("пробный заказ второй группы"), "due": N_("напомнить, собрать заказ")}
PAYS_LATE = N_("назвать дату оплаты; впредь — предоплата")
READ = ("client_id client_name manager_id class state days_since rhythm_days rhythm_status s12_before quarter_amount quarter_year_ago debt overdue overdue_days pay_status mean_delay_days wallet free_amount mean_order "
        "expected_next_date band is_band_uncertain score risk_amount risk_basis top_reason risk_action last_touch_date next_step_date").split()
HERE = ("active", "falling_asleep", "new")  # whose loss is still ahead (METHODS 1.23)


def candidates(bundle: "Bundle") -> pd.DataFrame:
    """Every client who gives a reason, with `reason` and `stake`, by money."""
    norms, c = bundle.meta["norms"], bundle.frames["clients"]
    c = c.loc[~c["is_closed"], READ].reset_index(drop=True)
    expected = c["expected_next_date"]
    with np.errstate(invalid="ignore", divide="ignore"):
        change = c["quarter_amount"] / c["quarter_year_ago"].where(c["quarter_year_ago"] > 0) - 1
    state = c["state"]
    here = state.isin(HERE)
    silent = state.isin(["falling_asleep", "sleeping"]) | ((state == "lost") & (c["days_since"] <= norms["lost_days"]))
    small = c["class"].isin(["A", "A+", "C"]) & (bundle.meta["kind"] == "abcd") & (c["wallet"] < norms["small_wallet"])
    why = {"silent": (silent, c["s12_before"]), "overdue": (c["overdue_days"] > norms["late_days"], c["overdue"]),
           "falling": (here & (change <= 1e-9 - norms["fall_share"]), c["quarter_year_ago"] - c["quarter_amount"]), "risk": (here & sure_high(c), c["risk_amount"]),
           "free": (here & small, c["free_amount"] * norms["goal_share"]), "due": (expected.notna() & (expected <= pd.Timestamp(bundle.meta["as_of"])) & (state == "active"), c["mean_order"])}
    tests = [(why[name][0].fillna(False) & (why[name][1] > 0)).to_numpy(bool) for name in REASONS]
    out = c.assign(reason=np.select(tests, REASONS, ""), stake=np.select(tests, [why[name][1].to_numpy("float64") for name in REASONS], np.nan), change=change)
    return out[out["reason"] != ""].sort_values(["stake", "client_id"], ascending=[False, True], kind="stable").reset_index(drop=True)


def calls(bundle: "Bundle") -> pd.DataFrame:
    """Those with the most money, dressed: rank, CL, class, reason, why, stake_amount, basis, last_touch_date, next_step."""
    norms, currency = bundle.meta["norms"], bundle.meta["currency"]
    found = _shortest(candidates(bundle), norms["calls"], norms["free_calls"])
    rows = found.to_dict("records")
    out = found[["client_id", "client_name", "manager_id", "class", "state", "reason"]].copy()
    out.insert(0, "rank", np.arange(1, len(out) + 1))
    out["why"] = [_why(r, currency) for r in rows]
    out["stake_amount"] = found["stake"].round(2)
    out["basis"] = [basis(r, norms) for r in found["reason"]]
    out["last_touch_date"] = found["last_touch_date"]
    out["next_step"] = [_step(r) for r in rows]
    out["next_step_date"] = found["next_step_date"]
    return out


def sure_high(c: pd.DataFrame) -> pd.Series:
    """A high risk that enough signals speak for (METHODS M3.9: below min_coverage the band has a question mark)."""
    return (c["band"] == "high") & ~c["is_band_uncertain"]


def basis(reason: str, norms: dict) -> str:
    """What kind of money stands against a reason."""
    return _(BASES[reason]).format(share=percent(norms["goal_share"]))


def _shortest(found: pd.DataFrame, most: int, kept: int) -> pd.DataFrame:
    """Money that may leave goes before money that may come: free volume takes the places kept for it, a third at most, or those nobody else needs."""
    free = found["reason"] == "free"
    rest = found[~free].head(most - min(kept, most // 3, int(free.sum())))
    return pd.concat([rest, found[free].head(most - len(rest))]).sort_values(["stake", "client_id"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _why(r: dict, currency: str | None) -> str:
    if r["reason"] == "silent":
        late = n_("{n} день без заказа", "{n} дней без заказа", int(r["days_since"]))
        usual = _(", обычно раз в {n}").format(n=number(r["rhythm_days"])) if r["rhythm_days"] == r["rhythm_days"] and r["rhythm_status"] == "ok" else ""
        return f"{pinned('state', r['state'])}: {late}{usual}"
    if r["reason"] == "overdue":
        always = _("; платит позже в среднем на {n} дн.").format(n=number(r["mean_delay_days"])) if r["pay_status"] == "chronic" and r["mean_delay_days"] > 0 else ""
        return _("долг {debt}, просрочен до {n} дн.").format(debt=money(r["debt"], currency), n=number(r["overdue_days"])) + always
    if r["reason"] == "falling" and not r["quarter_amount"] > 0:
        return _("за квартал ни одного заказа, год назад {x}").format(x=money(r["quarter_year_ago"], currency))
    if r["reason"] == "falling":
        return _("заказывает, но квартал {change} к прошлому году").format(change=signed(percent(r["change"])))
    if r["reason"] == "risk":
        said = _("риск {n} из 100, деньги условны: {what}") if r["risk_basis"] == "score" else _("риск {n} из 100: {what}")
        return said.format(n=number(r["score"]), what=pinned("top_reason", r["top_reason"]))
    if r["reason"] == "free":
        return _("берёт у нас {share}, свободно {free}").format(share=percent(r["wallet"]), free=money(r["free_amount"], currency))
    return _("срок заказа прошёл {day}").format(day=_day(r["expected_next_date"]))


def _day(value) -> str:
    from kbreport.words import day

    return day(value)


def _step(r: dict) -> str:
    """What the manager himself has written down goes before our advice; of a risk, the advice of the method that found it."""
    if not pd.isna(r["next_step_date"]):
        return _("обещано {day}").format(day=_day(r["next_step_date"]))
    if r["reason"] == "risk" and r["risk_action"]:
        return pinned("action", r["risk_action"])
    ours = PAYS_LATE if r["reason"] == "overdue" and r["pay_status"] == "chronic" else STEPS[r["reason"]]
    return _(ours)
