"""M3.5 Частота покупок, частотный анализ / Purchase frequency and inter-purchase time.

Question   How often does each client buy, and who is late against his own rhythm?
In         facts.orders (one client and one day = one order), abc.main (class of a client without a rhythm of his own)
Out        main: one row per client who ever ordered; bands: clients by orders per month; calendar: expected orders of the
           next weeks; intervals: histogram of the intervals counted
Formula    rhythm = median of the intervals between order days, both inside (as_of − 24 months, as_of]; lateness = days
           since the last order / rhythm; expected next = last + rhythm, rounded half up
Edge       0–1 orders → no rhythm, 2 → weak; then the median of the class (≥ 5 `ok` clients) or of the company. A gap over
           max(365, 3 × median) restarts the series. Median over 180 days → the whole history. Clients new in P: `per_year`
           on their life in P, at least 90 days (METHODS 1.22). Who is called as late: past the floor of M3.18 and not lost by it
Source     book 3.5 [000:58]; all thresholds [OURS]
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts.rhythm import Orders, RhythmRules, gaps, rhythm_table, window_start
from kbreport.facts.states import orders_of
from kbreport.method import CL, Base, Finding, FindingLevel, Method, Tables, cols, kicker, setting
from kbreport.words import N_, _, day, listed, money, n_, number, scale_of

BANDS = ("4+", "2-4", "1-2", "0.5-1", "<0.5")  # orders per month of life in P, lower end included
BINS = (1, 8, 15, 31, 46, 61, 91, 181, 366)
MIN_LIFE_DAYS = 90


class Frequency(Method):
    number: ClassVar[str] = "M3.5"
    section: ClassVar[str] = "3.5"
    title: ClassVar[str] = N_("Частота покупок")
    question: ClassVar[str] = N_("Как часто покупает каждый клиент и кто опаздывает?")
    needs: ClassVar[tuple[str, ...]] = ("abc",)
    sale_types: ClassVar[str] = "TC"
    columns: ClassVar = {
        "main": cols(f"{CL} orders per_year n_intervals median_interval_days mean_interval_days rhythm_days rhythm_status rhythm_source last_order_date days_since "
                     "lateness expected_next_date", per_year=("number", N_("Заказов в год")), n_intervals=N_("Интервалов"), median_interval_days=N_("Медиана интервала"),
                     mean_interval_days=N_("Средний интервал"), rhythm_days=N_("Ритм"), rhythm_status=("text", N_("Надёжность ритма")),
                     rhythm_source=("text", N_("Чей ритм")), lateness=("ratio", N_("Опоздание, ритмов")), expected_next_date=N_("Ждём заказ")),
        "bands": cols("band n_clients orders amount", band=("text", N_("Заказов в месяц"))),
        "calendar": cols(f"date {CL} amount_expected is_overdue", date=("date", N_("Дата")), amount_expected=("money", N_("Ожидаемая сумма")), is_overdue=N_("Просрочен")),
        "intervals": cols("bin_days n_intervals", bin_days=("text", N_("Интервал, дней")), n_intervals=N_("Интервалов")),
    }
    titles: ClassVar = {"main": N_("Ритм клиентов"), "bands": N_("Частота"), "calendar": N_("Ожидаемые заказы"), "intervals": N_("Интервалы")}

    window_months: int = setting(24, source="OURS", help=N_("за сколько месяцев берём интервалы"), ge=3)
    restart_gap_days: int = setting(365, source="OURS", help=N_("после такой паузы ритм считается заново"), ge=30)
    slow_rhythm_days: int = setting(180, source="OURS", help=N_("при более редких заказах берём всю историю"), ge=30)
    min_class_clients: int = setting(5, source="OURS", help=N_("сколько клиентов класса дают ритм класса"), ge=1)
    call_lateness: float = setting(1.5, source="OURS", help=N_("во сколько ритмов опоздание — повод звонить"), gt=1)
    calendar_weeks: int = setting(4, source="OURS", help=N_("на сколько недель вперёд календарь"), ge=1, le=26)

    # -------------------------------------------------------------- numbers
    def rules(self) -> RhythmRules:
        return RhythmRules(self.window_months, self.restart_gap_days, self.slow_rhythm_days, self.min_class_clients)

    def measure(self, base: Base) -> Tables:
        card = base.card()
        as_of = pd.Timestamp(base.facts.as_of.date)
        orders = orders_of(base.facts)
        classes = base.table("abc").set_index("client_id")["class"]
        rhythm = rhythm_table(orders, as_of, classes, self.rules())
        main = card.join(rhythm, on="client_id")
        main = main[main["n_orders"] > 0].copy()
        count = base.facts.n_orders(base.period)
        main["orders"] = main["client_id"].map(count).fillna(0).astype("int64")
        main["per_year"] = main["orders"] / _life_years(main["client_id"], base)
        main = main[[c.name for c in self.columns["main"]]].reset_index(drop=True)
        return {"main": main, "bands": _bands(main, base), "calendar": self._calendar(main, base), "intervals": self._intervals(orders, as_of)}

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        tables = super().measure_manager(base, company)
        mine = Orders.of(base.facts.orders, pd.Index(base.card()["client_id"]))
        return tables | {"bands": _bands(tables["main"], base), "intervals": self._intervals(mine, pd.Timestamp(base.facts.as_of.date))}

    def _calendar(self, main: pd.DataFrame, base: Base) -> pd.DataFrame:
        """Expected orders of the next weeks; overdue ones stand on the first day."""
        first = pd.Timestamp(base.facts.as_of.date + timedelta(days=1))
        due = main[main["expected_next_date"].notna() & (main["expected_next_date"] < first + pd.Timedelta(weeks=self.calendar_weeks))].copy()
        due["is_overdue"] = due["expected_next_date"] < first
        due["date"] = due["expected_next_date"].clip(lower=first)
        orders = base.facts.orders
        recent = orders[orders["date"] > pd.Timestamp(base.facts.as_of.date) - pd.DateOffset(months=self.window_months)]
        usual = recent.groupby("client_id")["amount"].mean().reindex(due["client_id"])
        always = orders.groupby("client_id")["amount"].mean().reindex(due["client_id"])
        due["amount_expected"] = usual.where(usual.notna(), always).to_numpy()
        due = due.sort_values(["date", "amount_expected", "client_id"], ascending=[True, False, True], kind="stable")
        return due[[c.name for c in self.columns["calendar"]]].reset_index(drop=True)

    def _intervals(self, orders: Orders, as_of: pd.Timestamp) -> pd.DataFrame:
        gap = gaps(orders)
        use = (gap >= 0) & (orders.day - gap >= window_start(as_of, self.window_months))
        edges = [*BINS, np.inf]
        count, _edges = np.histogram(gap[use], edges)
        names = [f"{a}-{int(b) - 1}" if np.isfinite(b) else f"{a}+" for a, b in zip(edges, edges[1:])]
        return pd.DataFrame({"bin_days": names, "n_intervals": count.astype("int64")})

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        late = _late(tables["main"], self.call_lateness, base)
        if late.empty:
            return []
        sales = base.facts.net_sales(base.period).reindex(late["client_id"]).fillna(0)
        text = n_("{n} клиент опаздывает с заказом больше чем в {k} раза против своего ритма", "{n} клиентов опаздывают с заказом больше чем в {k} раза против своего ритма", len(late),
                  k=number(self.call_lateness, 1))
        first = late.assign(s=sales.to_numpy()).sort_values(["s", "client_id"], ascending=[False, True])
        detail = _("Позвонить первым: {list}.").format(list=listed(list(first["client_name"]), 3))
        return [Finding("frequency.late", FindingLevel.WATCH, text, detail, fact=float(len(late)), money=round(float(sales.sum()), 2), basis=_("купили за период"),
                        clients=tuple((c, round(float(s), 2)) for c, s in zip(first["client_id"], first["s"])), values={"n": len(late), "k": self.call_lateness})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        own = main[main["rhythm_status"] == "ok"]
        if main.empty:
            return [page.section(_("Заказов не было"), id="frequency", kicker=kicker(self))]
        typical = number(own["median_interval_days"].median()) if len(own) else _("н/д")
        late = _late(main, self.call_lateness, base)
        title = n_("Обычно заказывают раз в {d} дн.; {n} клиент опаздывает", "Обычно заказывают раз в {d} дн.; {n} клиентов опаздывают", len(late), d=typical) if len(late) else \
            _("Обычно заказывают раз в {d} дн.; никто не опаздывает").format(d=typical)
        lead = n_("Свой ритм виден у {n} клиента из {all}; остальным взят ритм их класса или компании.", "Свой ритм виден у {n} клиентов из {all}; остальным взят ритм их класса или компании.",
                  len(own), all=number(len(main)))
        blocks = [page.section(title, id="frequency", kicker=kicker(self), lead=lead)]
        blocks.append(page.cols((88, 88), (_histogram(own), [_band_table(tables["bands"], base)])))
        blocks += _call_table(tables, late, base)
        return blocks


# ------------------------------------------------------------------ numbers
def _life_years(clients: pd.Series, base: Base) -> pd.Series:
    """Years of life inside P: the whole of P for clients from before, at least 90 days for new ones."""
    end, start = pd.Timestamp(base.period.end), pd.Timestamp(base.period.start)
    first = pd.Series(base.facts.first_order.reindex(clients).to_numpy(), index=clients.index).clip(lower=start)
    days = (end - first).dt.days.clip(lower=min(MIN_LIFE_DAYS, (end - start).days))
    return days / (end - start).days * base.period.months / 12


def _bands(main: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Active clients by orders per month of life in P."""
    active = main[main["client_id"].isin(base.facts.active(base.period))]
    monthly = active["per_year"] / 12
    band = np.select([monthly >= 4 - 1e-9, monthly >= 2 - 1e-9, monthly >= 1 - 1e-9, monthly >= 0.5 - 1e-9], BANDS[:4], BANDS[4])
    sales = active["client_id"].map(base.facts.net_sales(base.period))
    out = pd.DataFrame({"band": band, "n_clients": 1, "orders": active["orders"].to_numpy(), "amount": sales.to_numpy()}).groupby("band").sum().reindex(list(BANDS))
    out[["n_clients", "orders"]] = out[["n_clients", "orders"]].fillna(0).astype("int64")
    out["amount"] = out["amount"].fillna(0.0)  # nobody in the band sold nothing: a true zero
    return out.reset_index()


def _late(main: pd.DataFrame, lateness: float, base: Base) -> pd.DataFrame:
    """Late clients whose rhythm is their own, past the floor of M3.18 and not yet lost by its borders: a lost one is not called as late."""
    life, days, late = base.settings("lifecycle"), main["days_since"], main["lateness"]
    gone = (days > (life.lost_rhythms * main["rhythm_days"]).clip(lower=life.lost_days)) | ((late > life.lost + 1e-9) & (days > life.min_days_lost))
    return main[(main["rhythm_status"] == "ok") & (late > lateness + 1e-9) & (days > life.min_days_asleep) & ~gone]


# ------------------------------------------------------------------ page
def _histogram(own: pd.DataFrame) -> list[dict]:
    if len(own) < 3:
        return []
    wide, phone = charts.both(lambda w: charts.histogram(own["median_interval_days"].tolist(), unit=_("дней"), counted=_("клиентов"), w=min(w, 88)), "frequency-hist")
    return [page.fig("frequency-hist", wide, phone=phone, w=88, headline=_("Половина клиентов заказывает чаще чем раз в {d} дн.").format(d=number(own["median_interval_days"].median())),
                     subtitle=_("Клиенты по медиане интервала между заказами, дней"), alt=_("Распределение ритма клиентов"))]


def _band_table(bands: pd.DataFrame, base: Base) -> dict:
    scale = scale_of(bands["amount"], base.facts.currency)
    rows = [[r.band, number(r.n_clients), number(r.orders), scale.text(r.amount)] for r in bands.itertuples()]
    return page.table([page.col(_("Заказов в месяц")), page.col(_("Клиентов"), num=True), page.col(_("Заказов"), num=True), page.col(_("Продажи"), num=True)], rows,
                      title=_("Как часто покупают"), unit=scale.unit or None, sheet="frequency.bands", dense=True)


def _call_table(tables: Tables, late: pd.DataFrame, base: Base) -> list[dict]:
    if late.empty:
        return []
    expected = tables["calendar"].set_index("client_id")["amount_expected"]
    top = late.assign(expected=late["client_id"].map(expected)).sort_values(["expected", "client_id"], ascending=[False, True]).head(12)
    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), number(r.rhythm_days), number(r.days_since), number(r.lateness, 1),
             day(r.expected_next_date), money(r.expected, base.facts.currency)] for r in top.itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Ритм, дн."), num=True, w=18), page.col(_("Молчит, дн."), num=True, w=20), page.col(_("Ритмов"), num=True, w=16),
            page.col(_("Ждали заказ"), num=True, w=24), page.col(_("Обычный заказ"), num=True, w=30)]
    return [page.table(head, rows, title=_("Кто опаздывает против своего ритма"), sheet="frequency", dense=True, cards=True),
            page.action([(_("Позвонить опаздывающим в порядке суммы обычного заказа; полный календарь — в книге"), _("менеджеры клиентов · в течение недели"))])]
