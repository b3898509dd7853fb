"""General parameters of METHODS section 2.6: they apply to every method and are written in company.yml without prefix."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Parameters(BaseModel):
    """Field descriptions name the source; defaults are those of METHODS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: str = Field("auto", description="auto | YYYY-MM-DD")
    period: str = Field("12m", description="12m | 2025 | 2025-Q4 | 2025-12 | 2024-07..2025-06 | all")
    vat: Literal["included", "excluded", "unknown"] = "unknown"
    currency: str = Field("unknown", description="ISO code, or unknown")
    measure: Literal["amount", "margin"] = "amount"
    date_basis: Literal["shipment", "payment", "order"] = "shipment"
    order_unit: Literal["client_day", "document"] = Field("client_day", description="[004:205]")
    client_grain: Literal["group", "client"] = "group"
    lookback: int = Field(12, ge=0, description="months [OURS]")
    min_denominator: int = Field(20, ge=1, description="[OURS]")
    min_jackknife: int = Field(8, ge=3, description="[OURS]")
    sale_type: Literal["auto", "T", "C", "S"] = "auto"
    calendar: str = "RU"
    workday_hours: float = Field(8, gt=0, le=24)
    anonymize: Literal["none", "clients", "contacts", "managers", "all"] = "none"
    internal_clients: tuple[str, ...] = ()
    drop_duplicates: bool = False
