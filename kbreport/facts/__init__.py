"""Tables → shared frames that no method owns: order days, client × month, category × month, period and as-of date."""

from kbreport.facts.facts import Facts
from kbreport.facts.open import facts_of
from kbreport.facts.parameters import Parameters
from kbreport.facts.period import AsOf, Period

__all__ = ["AsOf", "Facts", "Parameters", "Period", "facts_of"]
