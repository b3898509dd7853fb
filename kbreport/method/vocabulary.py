"""Words of the pinned values (METHODS 0.4): tables, JSON and parameters hold the codes, the reader sees these.

One dictionary per column name; a value it does not know (a segment or a reason of the company's own) stays as it is.
"""

from __future__ import annotations

from kbreport.words import N_, _

STATE = {"closed": N_("закрыт"), "potential": N_("не покупал"), "new": N_("новый"), "one_time": N_("разовый"), "active": N_("активен"),
         "falling_asleep": N_("засыпает"), "sleeping": N_("спит"), "lost": N_("потерян")}
SCOPE = {"company": N_("компания"), "manager_id": N_("менеджер"), "segment": N_("сегмент"), "channel": N_("канал продаж"), "class": N_("класс"), "region": N_("регион"), "category": N_("категория")}
LEVEL = {"high": N_("высокая"), "mid": N_("средняя"), "medium": N_("средняя"), "low": N_("низкая"), "normal": N_("обычная")}
REASON = {"delisting": N_("вывод из ассортимента"), "relations": N_("отношения"), "debt": N_("долги"), "returns": N_("возвраты"), "price": N_("цена"), "competitor": N_("конкурент"),
          "closed": N_("закрылся"), "no_need": N_("нет потребности"), "other": N_("другое"), "stock": N_("наличие"), "payment": N_("оплата"), "postponed": N_("перенос"),
          "no_contact": N_("не связались")}

VALUES: dict[str, dict[str, str]] = {
    "status": {"ok": N_("посчитано"), "weak": N_("мало данных"), "insufficient": N_("данных не хватает"), "refused": N_("не посчитано"), "not_applicable": N_("не применимо"),
               "earned": N_("удержан"), "returned": N_("возвращён"), "at_risk": N_("под вопросом")},
    "verdict": {"good": N_("хорошо"), "watch": N_("внимание"), "bad": N_("плохо"), "na": N_("н/д"), "pass": N_("можно"), "qualified": N_("с оговоркой"), "refused": N_("нельзя")},
    "severity": {"info": N_("справка"), "warn": N_("важно"), "stop": N_("нельзя считать")},
    "role_found": {"hunter": N_("активный"), "farmer": N_("клиентский"), "mixed": N_("смешанная")},
    "class_reason": {"no_sales": N_("нет продаж"), "net_return": N_("возвраты больше продаж"), "loss": N_("убыток")},
    "rule": {"crossing": N_("клиент на границе — в старший класс"), "strict": N_("клиент на границе — в младший класс"), "flat_days": N_("90 дней всем"), "own_rhythm": N_("свой ритм")},
    "base": {"fixed": N_("прежние границы"), "floating": N_("границы каждого года")},
    "direction": {"up": N_("вверх"), "down": N_("вниз"), "stay": N_("без перемен"), "left": N_("ушёл"), "entered": N_("пришёл")},
    "entry_kind": {"new": N_("новый"), "returned": N_("вернулся"), "unknown": N_("неизвестно")},
    "rhythm_status": {"ok": N_("надёжен"), "weak": N_("мало интервалов"), "none": N_("ритма нет")},
    "rhythm_source": {"own": N_("свой"), "class": N_("класса"), "company": N_("компании")},
    "scope": SCOPE,
    "factor": {"clients": N_("клиентов"), "frequency": N_("заказов на клиента"), "check": N_("средний чек"), "returns_only": N_("только возвраты"), "total": N_("всего"),
               "line_amount": N_("сумма строки"), "lines_per_order": N_("строк в заказе"), "margin_rate": N_("доля маржи"), "sales": N_("продажи"), "margin": N_("маржа")},
    "level": {"check": N_("средний чек"), "margin": N_("маржа")},
    "approach": {"chain": N_("цепные подстановки"), "lmdi": N_("LMDI"), "shapley": N_("Шепли")},
    "kind": {"new": N_("новые"), "returned": N_("вернувшиеся"), "lost": N_("ушедшие"), "annual_meeting": N_("годовая встреча"), "claim": N_("рекламация"), "deal": N_("сделка"),
             "mandatory": N_("обязательное"), "price": N_("цены"), "reactivation": N_("реактивация"), "standard": N_("обычное")},
    "lost_reason": REASON,
    "reason_code": REASON,
    "dependence": LEVEL,
    "confidence": LEVEL,
    "months_basis": {"margin": N_("маржи"), "sales": N_("продаж"), "amount": N_("продаж")},
    "state": STATE,
    "from_state": STATE,
    "to_state": STATE,
    "sub_state": {"contract_no_shipment": N_("договор без отгрузок")},
    "state_004": {"active": N_("активный"), "potential": N_("потенциальный"), "lost": N_("потерянный")},
    "source": {"asked": N_("спросили"), "tender": N_("тендер"), "technical": N_("расчёт по норме"), "analogue": N_("по аналогам"), "ceiling": N_("лучший год")},
    "potential_status": {"ok": N_("свежая оценка"), "stale": N_("устарела"), "understated": N_("занижена"), "missing": N_("нет оценки")},
    "strategy": {"develop": N_("развитие"), "retain": N_("удержание"), "economise": N_("экономия сил"), "find_volume": N_("выяснить объём")},
    "aim": {"take_free_volume": N_("забрать свободный объём"), "lose_nothing": N_("ничего не потерять"), "break_in": N_("войти к клиенту"),
            "same_money_fewer_hours": N_("те же деньги за меньшее время"), "find_volume": N_("выяснить объём")},
    "measure": {"wallet_and_sales": N_("наша доля и продажи"), "grr": N_("удержание денег без роста"), "first_categories": N_("первые категории"),
                "minutes_per_1000": N_("минут на тысячу продаж"), "volume_known": N_("объём известен")},
    "tool": {"annual_meeting": N_("годовая встреча"), "individual_plan": N_("индивидуальный план"), "risk_watch": N_("контроль риска"), "test_order": N_("пробный заказ"),
             "mass_touches": N_("портал, администратор продаж"), "volume_interview": N_("выяснить объём закупки"), "reactivation": N_("реактивация")},
    "basis": {"timelog": N_("журнал времени"), "touches": N_("касания"), "payments": N_("оплаты"), "receivables": N_("снимки долга")},
    "claim_group": {"claims": N_("с рекламацией"), "no_claims": N_("без рекламаций")},
    "activity_group": {"client": N_("с клиентами"), "support": N_("сопровождение"), "preparation": N_("подготовка"), "control": N_("отчётность"), "internal": N_("внутренняя работа"),
                       "development": N_("обучение"), "travel": N_("дорога"), "loss": N_("потери"), "unknown": N_("код не из списка")},
    "unit": {"clients": N_("клиентов"), "money": N_("деньги"), "orders": N_("заказов"), "ratio": N_("раз"), "score": N_("баллов"), "share": N_("доля"), "days": N_("дней"), "count": N_("штук")},
    "group": {"client": N_("клиент"), "contact": N_("контакт"), "list": N_("список"), "hold_out": N_("контрольная группа")},
    "source_table": {"orders": N_("заказы"), "deals": N_("сделки"), "plans": N_("планы"), "potential": N_("объёмы закупки"), "receivables": N_("долги"), "survey_answers": N_("опросы"),
                     "touches": N_("касания"), "clients": N_("карточки клиентов"), "order_lines": N_("строки заказов")},
    "sign": {"month_end_shift": N_("продажи в последние дни месяца"), "split_orders": N_("документов на один заказ"), "hoarding": N_("клиенты без заказов за год"),
             "late_discount": N_("средняя скидка в последние дни месяца")},
    "feed": {"hungry": N_("голодный"), "fed": N_("накормлен"), "overfed": N_("перекормлен")},
    "occasion": {"defender_day": N_("23 февраля"), "womens_day": N_("8 марта"), "new_year": N_("Новый год"), "contract": N_("пролонгация договора"),
                 "anniversary": N_("годовщина сотрудничества"), "expected_order": N_("ожидаемый заказ")},
    "channel": {"call": N_("звонок"), "email": N_("письмо"), "gift": N_("подарок"), "meeting": N_("встреча"), "messenger": N_("мессенджер"), "visit": N_("визит"), "sms": N_("СМС"),
                "portal": N_("портал"), "event": N_("мероприятие"), "web": N_("сайт"), "mail": N_("почта"), "video": N_("видеозвонок"), "other": N_("другое")},
    "action": {"service_call": N_("сервисный звонок"), "script": N_("звонок по сценарию"), "win_back": N_("предложение, руководитель"),
               "call_today": N_("Позвонить и принять заказ"), "ask_decline": N_("Спросить, у кого берёт теперь"), "return_category": N_("Вернуть одну ушедшую категорию"),
               "agree_payment": N_("Согласовать график оплаты"), "close_claim": N_("Закрыть рекламацию и сообщить об этом"), "meet_decider": N_("Познакомиться со вторым лицом и с тем, кто решает"),
               "touch_now": N_("Связаться на этой неделе"), "ask_score": N_("Спросить, за что низкая оценка")},
    "who": {"same_km": N_("тот же менеджер"), "other_km": N_("другой менеджер"), "head": N_("руководитель"), "am": N_("активный продавец, как новому")},
    "reason": {"conflict": N_("конфликт"), "lost": N_("потерян"), "no_recent_contact": N_("давно не общались"), "over_two_years": N_("больше двух лет"), "recent_contact": N_("недавно общались"),
               "silent": N_("молчит"), "overdue": N_("просрочка"), "falling": N_("берёт меньше"), "risk": N_("риск"), "free": N_("свободный объём"), "due": N_("пора заказать")},
    "pay_status": {"chronic": N_("всегда задерживает"), "late": N_("бывает позже"), "ok": N_("вовремя")},
    "outcome": {"returned": N_("вернулся"), "not_returned": N_("не вернулся"), "not_reached": N_("не дозвонились"), "in_window": N_("ещё в окне")},
    "band": {"low": N_("низкий"), "medium": N_("средний"), "high": N_("высокий")},
    "risk_basis": {"backtest": N_("по прошлым кварталам"), "score": N_("условно, по баллу")},
    "top_reason": {"r1": N_("опаздывает с заказом"), "r2": N_("покупает меньше"), "r3": N_("берёт меньше категорий"), "r4": N_("не платит в срок"), "r5": N_("рекламации"),
                   "r6": N_("всё держится на одном лице"), "r7": N_("давно не общались"), "r8": N_("низкая оценка в опросе")},
    "predictor": {"score": N_("балл риска"), "lateness": N_("опоздание с заказом"), "days_since": N_("дни без заказа")},
    "part": {"base": N_("заказы по ритму"), "deals": N_("сделки"), "sure": N_("верные сделки"), "total": N_("всего")},
    "model": {"own": N_("свой расчёт"), "naive": N_("простое правило")},
    "row": {"known": N_("объём известен"), "understated": N_("оценка занижена"), "unknown": N_("объём не выяснен"), "pool": N_("запас роста")},
}


def pinned(column: str, code: str) -> str:
    """The word of a pinned value in the reader's language; a code of the company's own as it is."""
    return _(VALUES.get(column, {}).get(code, "")) or str(code)


def values_of(column: str) -> dict[str, str]:
    """Code → word in the reader's language, for a column of this name."""
    return {code: _(word) for code, word in VALUES.get(column, {}).items()}
