"""What of a manager's month a company may set for itself: `settings: {manager_month: {late_days: 14}}` or `-p manager_month.late_days 14`."""

from __future__ import annotations

from typing import ClassVar

from kbreport.method.method import Norms, setting
from kbreport.words import N_


class MonthNorms(Norms):
    """Lengths in days, shares of one. All are norms of ours, not of the book."""

    title: ClassVar[str] = N_("Отчёт менеджера")

    calls: int = setting(10, source="OURS", help=N_("сколько строк в списке «Позвонить», не больше"), ge=1, le=10)
    free_calls: int = setting(3, source="OURS", help=N_("сколько из них оставить свободному объёму, не больше трети"), ge=0, le=10)
    lost_days: int = setting(365, source="OURS", help=N_("ушедшему звоним, если он молчит не дольше стольких дней"), ge=0)
    late_days: int = setting(7, source="OURS", help=N_("просрочка дольше стольких дней — повод звонить и риск"), ge=0)
    fall_share: float = setting(0.20, source="OURS", help=N_("квартал ниже прошлогоднего на такую долю — повод звонить и риск"), gt=0, le=1)
    small_wallet: float = setting(0.50, source="OURS", help=N_("наша доля ниже этой — есть за чем звонить ради свободного объёма"), gt=0, le=1)
    goal_share: float = setting(0.10, source="OURS", help=N_("какую долю свободного объёма приносит один разговор"), gt=0, le=1)
    deal_days: int = setting(30, source="OURS", help=N_("сделка старше стольких дней стоит"), ge=1)

    @classmethod
    def id(cls) -> str:
        return "manager_month"
