"""May a method be believed on these data? pass, qualified or refused, with the reason and the direction of the bias.

A check of the input taints the methods that stand on what it found (TAINTS); what each flaw does to a figure is said in
words, because a head of sales must know whether the truth is better or worse than the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbreport import book
from kbreport.method.enums import DataVerdict
from kbreport.words import N_, _

if TYPE_CHECKING:
    from kbreport.run import Run

SILENCE = ("frequency", "lifecycle", "retention", "reactivation", "client_risk", "abc_migration_qty", "abc_migration_qual", "forecast", "touches")
PEOPLE = ("ckp", "role_mix", "plan_report", "km_pay", "touches", "retention")
TAINTS: dict[str, tuple[tuple[str, ...], str]] = {  # check → (methods, what it does to them); () = every method
    "empty_months": (SILENCE, N_("дыра в выгрузке выглядит как уход клиентов: потери завышены")),
    "partial_month": (SILENCE, N_("первый месяц неполный: рост к нему завышен")),
    "same_inn": ((), N_("один клиент под двумя кодами: клиентов больше, концентрация ниже, чем на деле")),
    "same_name": ((), N_("один клиент под двумя кодами: клиентов больше, концентрация ниже, чем на деле")),
    "duplicate_rows": ((), N_("повторы строк завышают продажи")),
    "many_returns": (("abc", "avg_check", "driver_tree", "frequency"), N_("много возвратов: чек и продажи занижены")),
    "dominant_client": (("abc", "avg_check", "driver_tree", "retention", "concentration"), N_("один клиент больше половины продаж: итоги говорят о нём, а не о базе")),
    "no_manager": (PEOPLE, N_("часть продаж без менеджера: его итоги занижены")),
    "future_dates": (SILENCE, N_("строки после отчётной даты не вошли: последние заказы могли пропасть")),
    "bad_dates": (SILENCE, N_("часть дат не прочитана: молчание может быть мнимым")),
    "zero_amounts": (("avg_check", "frequency"), N_("нулевые строки не считаются заказами: частота занижена")),
}


def data_verdicts(run: "Run") -> list[dict]:
    """One record per method in the order of the book: id, number, section, title, verdict, reason, bias."""
    flaws = [c["name"] for c in run.data.get("checks", []) if c.get("severity") in ("warn", "stop") and c.get("count")]
    return [_verdict(run, m, flaws) for m in book.methods()]


def _verdict(run: "Run", method, flaws: list[str]) -> dict:
    name, reason = method.id(), run.fed(method.id())
    out = {"id": name, "number": method.number, "section": method.section, "title": _(method.title), "verdict": str(DataVerdict.PASS), "reason": reason, "bias": ""}
    if reason:
        return out | {"verdict": str(DataVerdict.REFUSED)}
    biases = list(dict.fromkeys(_(TAINTS[f][1]) for f in flaws if f in TAINTS and (not TAINTS[f][0] or name in TAINTS[f][0])))
    if run.period_status != "ok":
        biases.append(run.period_rule)
    return out | ({"verdict": str(DataVerdict.QUALIFIED), "bias": "; ".join(biases)} if biases else {})
