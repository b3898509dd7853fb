"""Flat exports of CRM and stock systems: CSV in their dialects, HTML named .xls, xlsx with duplicated columns."""

from __future__ import annotations

import csv
import io
from html import escape
from pathlib import Path

import pandas as pd

from tools.exports import truth
from tools.exports.onec import roubles, write

BITRIX = {"won": "Сделка успешна", "lost": "Сделка провалена", "open": "Согласование КП"}
ENGLISH = {"won": "Closed Won", "lost": "Closed Lost", "open": "Proposal"}


def text(path: Path, header: list[str], rows: list[list], delimiter: str = ",", encoding: str = "utf-8", quote: bool = False, trailing: bool = False, newline: str = "\n") -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL, lineterminator="\n")
    for row in [header, *rows]:
        writer.writerow(row)
    body = out.getvalue()
    if trailing:
        body = body.replace("\n", delimiter + "\n")
    path.write_bytes(body.replace("\n", newline).encode(encoding))


def html(path: Path, header: list[str], rows: list[list]) -> None:
    """«Excel» of Bitrix24: a page with one table."""
    def line(cells: list, tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(c))}</{tag}>" for c in cells) + "</tr>\n"

    page = '<meta http-equiv="Content-type" content="text/html;charset=utf-8" />\n<table border="1">\n<thead>' + line(header, "th") + "</thead>\n<tbody>" + "".join(line(r, "td") for r in rows) + "</tbody></table>\n"
    path.write_text(page, encoding="utf-8")


def money(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}" if kopecks >= 0 else f"-{-kopecks // 100}.{-kopecks % 100:02d}"


def _ru(day: pd.Timestamp, time: str = " 10:15:00") -> str:
    return day.strftime("%d.%m.%Y") + time


def bitrix(folder: Path) -> None:
    deals = truth.deals()
    header = ["ID", "Название сделки", "Стадия сделки", "Воронка", "Сумма", "Валюта", "Компания", "Контакт", "Ответственный", "Тип", "Источник", "Дата создания", "Дата изменения", "Предполагаемая дата закрытия", "Вероятность"]
    rows = [[d.deal_id, d.deal_name, BITRIX[d.status], "Общая", money(d.amount), "RUB", d.client_name, d.contact, d.manager, "Продажа", "Звонок", _ru(d.created), _ru(d.created), _ru(d.closing, ""), 50] for d in deals.itertuples()]
    text(folder / "bitrix24_deals.csv", header, rows, ";", "utf-8-sig", quote=True, trailing=True)
    halves = [x for r, d in zip(rows, deals.itertuples(), strict=True) for x in ([*r[:4], money(d.amount // 3), *r[5:], "Товар 1"], [*r[:4], money(d.amount - d.amount // 3), *r[5:], "Товар 2"])]
    html(folder / "bitrix24_deals.xls", [*header, "Товар"], halves)
    cards = truth.cards()
    header = ["ID", "Название компании", "Тип компании", "Сфера деятельности", "Кол-во сотрудников", "Годовой оборот", "Валюта", "Ответственный", "Рабочий телефон", "Рабочий e-mail", "Реквизиты: ИНН", "Дата создания"]
    rows = [[c.client_id, c.client_name, "Клиент", c.segment, "", "", "RUB", c.manager, c.phone, c.email, c.inn, "31.12.2019 10:00:00"] for c in cards.itertuples()]
    text(folder / "bitrix24_companies.csv", header, rows, ";", "cp1251", quote=True, trailing=True, newline="\r\n")
    html(folder / "bitrix24_companies.xls", header, rows)
    touches = truth.touches()
    kinds = {"call": "Звонок", "meeting": "Встреча", "visit": "Визит", "email": "Письмо", "messenger": "Чат", "event": "Мероприятие", "gift": "gift", "web": "Вебинар"}
    header = ["ID", "Тема", "Начало", "Окончание", "Крайний срок", "Тип", "Направление", "Ответственный", "Клиент", "Выполнено"]
    rows = [[t.touch_id, t.occasion or "Касание", _ru(pd.Timestamp(t.at), f" {t.at[11:16]}:00"), "", "", kinds[t.channel], {"out": "Исходящий", "in": "Входящий"}[t.direction], t.manager, t.client_name, "Да"] for t in touches.itertuples()]
    rows.append(["P1", "Позвонить в январе", "12.01.2026 10:00:00", "", "", "Звонок", "Исходящий", rows[0][7], rows[0][8], "Нет"])
    text(folder / "bitrix24_activities.csv", header, rows, ";", "utf-8-sig", quote=True, trailing=True)
    html(folder / "bitrix24_activities.xls", header, rows)
    people = {name: i + 1 for i, name in enumerate(sorted(deals["manager"].unique()))}
    header = ["ID", "TITLE", "DATE_CREATE", "CLOSEDATE", "STAGE_ID", "STAGE", "STAGE_SEMANTIC_ID", "OPPORTUNITY", "CURRENCY_ID", "COMPANY", "ASSIGNED_BY", "CATEGORY"]
    rows = [[d.deal_id, d.deal_name, f"{d.created:%Y-%m-%d} 10:15:00", f"{d.closing:%Y-%m-%d} 00:00:00", {"won": "WON", "lost": "LOSE", "open": "EXECUTING"}[d.status], "[X] " + BITRIX[d.status], {"won": "S", "lost": "F", "open": "P"}[d.status],
             money(d.amount), "RUB", f"[{d.client_id}] {d.client_name}", f"[{people[d.manager]}] {d.manager}", "[0] Общая"] for d in deals.itertuples()]
    text(folder / "bitrix24_bi_deal.csv", header, rows)


def amo(folder: Path) -> None:
    """The columns of a real file in order, with those that stand twice (the first belongs to the deal)."""
    header = ["ID", "Название сделки", "Бюджет", "Ответственный", "Дата создания сделки", "Кем создана сделка", "Дата редактирования", "Кем редактирована", "Дата закрытия", "Теги", "Примечание", "Этап сделки", "Воронка",
              "Полное имя контакта", "Компания контакта", "Ответственный за контакт", "Компания", "Рабочий телефон", "Рабочий email", "Город", "Источник", "Должность", "Товар", "Товар", "Источник"]
    rows = [[int(d.deal_id), d.deal_name, roubles(d.amount), d.manager, _ru(d.created), d.manager, _ru(d.created), d.manager, _ru(d.closing) if d.status != "open" else "не закрыта", "опт, север", "", d.stage, "Основная", d.contact, d.client_name,
             d.manager, d.client_name, d.phone, "", "Архангельск", "Сайт", "снабженец", "Крепёж", "другой товар", "другой источник"] for d in truth.deals().itertuples()]
    write(folder / "amocrm_deals.xlsx", [header, *rows], sheet="Сделки")
    text(folder / "amocrm_deals.csv", header, [[*r[:2], money(d.amount), *r[3:8], r[8].replace("не закрыта", ""), *r[9:]] for r, d in zip(rows, truth.deals().itertuples(), strict=True)], ";")


def english(folder: Path) -> None:
    deals = truth.deals()
    text(folder / "hubspot_deals.csv", ["Record ID", "Deal Name", "Deal Stage", "Pipeline", "Amount", "Close Date", "Create Date", "Deal owner", "Associated Company", "Associated Company IDs", "Last Activity Date"],
         [[d.deal_id, d.deal_name, ENGLISH[d.status], "Sales Pipeline", money(d.amount), f"{d.closing:%Y-%m-%d} 10:15", f"{d.created:%Y-%m-%d} 10:15", d.manager, d.client_name + ("; Second Company" if i % 10 == 0 else ""),
           d.client_id + (";C999" if i % 10 == 0 else ""), ""] for i, d in enumerate(deals.itertuples())])
    text(folder / "hubspot_companies.csv", ["Record ID", "Company name", "Company owner", "Industry", "State/Region", "Phone Number", "Create Date"],
         [[c.client_id, c.client_name, c.manager, c.segment, c.region, c.phone, "2019-12-31 10:00"] for c in truth.cards().itertuples()])
    header = ["Opportunity ID", "Opportunity Owner", "Account Name", "Opportunity Name", "Stage", "Fiscal Period", "Amount", "Probability (%)", "Age", "Close Date", "Created Date", "Next Step", "Lead Source", "Type", "Owner Role"]
    rows = [[d.deal_id, d.manager, d.client_name, d.deal_name, ENGLISH[d.status], "Q4-2025", f"${d.amount / 100:,.2f}", 50, 12, f"{d.closing:%m/%d/%Y}", f"{d.created:%m/%d/%Y}", "", "Web", "Existing Business", "KAM"] for d in deals.itertuples()]
    write(folder / "salesforce_opportunities.xlsx", [["Opportunities of the quarter"], ["As of 2026-01-12 10:00:00"], [], header, *rows, [], ["Confidential Information - Do Not Distribute"], ["Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."]], sheet="Report")
    header = ["ID", "Title", "Organization", "Organization ID", "Value", "Currency", "Pipeline", "Stage", "Status", "Owner", "Deal created", "Deal closed on", "Expected close date", "Lost reason", "Total activities", "Contact person"]
    text(folder / "pipedrive_deals.csv", ["Deal - " + h for h in header],
         [[d.deal_id, d.deal_name, d.client_name, d.client_id, money(d.amount), "RUB", "Pipeline", "Proposal Made", d.status, d.manager, f"{d.created:%Y-%m-%d} 10:15:00", f"{d.closing:%Y-%m-%d} 10:15:00" if d.status != "open" else "",
           f"{d.closing:%Y-%m-%d}" if d.status == "open" else "", "", 3, d.contact] for d in deals.itertuples()])
    text(folder / "pipedrive_activities.csv", ["Activity - " + h for h in ("ID", "Subject", "Type", "Due date", "Done", "Assigned to user", "Organization", "Deal")],
         [[t.touch_id, t.occasion or "Touch", t.channel, t.at[:10], "Done", t.manager, t.client_name, ""] for t in truth.touches().itertuples()])
    text(folder / "zoho_deals.csv", ["Record Id", "Deal Name", "Account Name", "Deal Owner", "Amount", "Stage", "Closing Date", "Pipeline", "Created Time", "Lead Source", "Probability (%)", "Contact Name"],
         [["zcrm_" + d.deal_id, d.deal_name, d.client_name, d.manager, money(d.amount), ENGLISH[d.status], f"{d.closing:%Y-%m-%d}", "Standard", f"{d.created:%Y-%m-%d} 10:15:00", "Web", 50, d.contact] for d in deals.itertuples()])


def trade(folder: Path) -> None:
    lines = truth.sales(truth.MONTH, truth.MONTH)
    by_client = lines.groupby("client_name")[["amount", "cost"]].sum()
    rows = [[r.Index, 1, roubles(r.amount), roubles(r.amount), roubles(r.cost), 0, roubles(r.amount - r.cost), round(100 * (r.amount - r.cost) / r.amount, 1) if r.amount else None] for r in by_client.itertuples()]
    write(folder / "moysklad_profit_2025-12.xlsx", [["Прибыльность по покупателям"], ["Период: 01.12.2025 - 31.12.2025"], [],
                                                    ["Контрагент", "Количество продаж", "Средний чек", "Сумма продаж", "Себестоимость", "Сумма возвратов", "Прибыль", "Рентабельность"], *rows,
                                                    ["Итого", len(rows), None, roubles(by_client["amount"].sum()), roubles(by_client["cost"].sum()), 0, roubles((by_client["amount"] - by_client["cost"]).sum()), None]], sheet="Лист1")
    docs = lines.groupby(["order_id", "order_date", "client_name", "manager"], as_index=False)[["amount", "cost"]].sum()
    text(folder / "moysklad_documents_2025-12.csv", ["№", "Время", "Контрагент", "Организация", "Сумма", "Валюта", "Оплачено", "Отгружено", "Статус", "Канал продаж", "Владелец-сотрудник", "Комментарий"],
         [[r.order_id, _ru(pd.Timestamp(r.order_date), " 12:00"), r.client_name, "Двинский Промснаб", money(r.amount).replace(".", ","), "руб", "0,00", money(r.amount).replace(".", ","), "Отгружен", "опт", r.manager, ""] for r in docs.itertuples()], ";")
    text(folder / "retailcrm_orders_2025-12.csv", ["Номер заказа", "Дата и время оформления", "Магазин", "Способ оформления", "Компания", "Менеджер", "Статус заказа", "Сумма заказа", "Закупочная стоимость"],
         [[r.order_id, _ru(pd.Timestamp(r.order_date), " 12:00"), "Опт", "Телефон", r.client_name, r.manager, "Выполнен", money(r.amount), money(r.cost)] for r in docs.itertuples()], ";")
    text(folder / "megaplan_deals.csv", ["Номер сделки", "Название", "Схема сделки", "Статус", "Клиент", "Менеджер", "Стоимость", "Дата создания", "Дата завершения"],
         [[d.deal_id, d.deal_name, "Продажа", {"won": "Успешно завершена", "lost": "Отказ клиента", "open": "В работе"}[d.status], d.client_name, d.manager, money(d.amount), _ru(d.created, ""), _ru(d.closing, "") if d.status != "open" else ""] for d in truth.deals().itertuples()], ";")
    text(folder / "matrix_months_2025-Q4.csv", ["Клиент", "Октябрь 2025", "Ноябрь 2025", "Декабрь 2025", "Итого"], _months(), ";", "cp1251")
    text(folder / "kbreport_sales_2025-12.csv", ["Клиент", "Дата", "Выручка", "Себестоимость", "Номер заказа", "Менеджер", "Артикул", "Номенклатура", "Категория"],
         [[r.client_name, r.order_date, money(r.amount), money(r.cost), r.order_id, r.manager, r.sku, r.product, r.category] for r in lines.itertuples()], ";")
    plans = truth.table("plans")
    plans = plans[(plans["metric"] == "amount") & (plans["period"] == truth.MONTH) & (plans["client_id"] == "")]
    text(folder / "kbreport_plan.csv", ["Период", "Менеджер", "План"], [[p.period, p.manager_id, p.plan_value] for p in plans.itertuples()], ";")


def _months() -> list[list]:
    lines = truth.sales(*truth.QUARTER)
    table = lines.assign(month=lines["order_date"].str[:7]).pivot_table(index="client_name", columns="month", values="amount", aggfunc="sum")
    rows = []
    for name in table.index:
        row = table.loc[name]
        rows.append([name, *("" if pd.isna(x) else money(int(x)).replace(".", ",") for x in row), money(int(row.sum())).replace(".", ",")])
    return [*rows, ["Итого", *(money(int(table[m].sum())).replace(".", ",") for m in table.columns), money(int(table.sum().sum())).replace(".", ",")]]


def make(folder: Path) -> None:
    for write_one in (bitrix, amo, english, trade):
        write_one(folder)
