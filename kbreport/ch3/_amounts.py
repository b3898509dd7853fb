"""What is ranked: S of every client by the measure asked for, or a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kbreport.errors import MethodRefused
from kbreport.words import N_

if TYPE_CHECKING:
    from kbreport.facts import Facts, Period


def known_amounts(facts: "Facts", period: "Period", what: str) -> pd.Series:
    """S(k, P) by client_id. A client left out because his margin is unknown would lift the shares of all others: refused."""
    amounts = facts.net_sales(period, what)
    if amounts.isna().any():
        raise MethodRefused(N_("По марже не посчитано: за {period} маржа неизвестна, клиентов — {n}."), remedy=N_("Добавьте себестоимость или маржу в выгрузку."),
                            period=str(period), n=int(amounts.isna().sum()))
    return amounts
