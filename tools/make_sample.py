"""Write the sample company, byte for byte the same every time.

    python tools/make_sample.py [FOLDER]     FOLDER defaults to data/sample

Every table draws from a random stream of its own name (`sample.streams`), so a table added at the end of `build`
changes no byte of the others. Beside the tables lies SHA256SUMS. README.md is written by hand.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

from sample import cards, clients, finance, goods, sales, work  # noqa: E402
from sample.streams import stream  # noqa: E402

MONEY = {"orders": ["amount", "cost"], "order_lines": ["amount", "list_price", "cost"], "receivables": ["open_amount"]}
COMPANY = """name: ООО «Двинский Промснаб»
parameters:
  currency: RUB
  vat: excluded
norms:
  pay_schemes:
    current:
      base: 60000
      bonus_target: 0
      sales_rate: 0.005
    new:
      base: 60000
      bonus_target: 50000
"""


def build() -> dict[str, pd.DataFrame]:
    """All published tables by name; money of `MONEY` in kopecks."""
    people = clients.profiles(stream("profiles"))
    price_list = goods.goods(stream("goods"))
    lines = sales.order_lines(sales.order_days(people, stream("order_days")), people, price_list, stream("order_lines"))
    tables = {"managers": cards.managers(), "clients": cards.clients(people, stream("clients"))}
    tables["client_manager_history"] = cards.history(people, stream("client_manager_history"))
    tables["products"] = goods.products(price_list, stream("products"))
    back = sales.returns(lines, stream("returns"))
    orders, tables["order_lines"] = sales.documents(lines, back, people, stream("orders"))
    tables["orders"] = orders
    tables["touches"] = work.touches(people, orders, stream("touches"))
    tables["plans"] = finance.plans(orders, tables["touches"], stream("plans"))
    tables["potential"] = finance.potential(people, orders, stream("potential"))
    tables["receivables"] = finance.receivables(people, orders, stream("receivables"))
    tables["timelog"] = work.timelog(people, stream("timelog"))
    return tables


def write(folder: Path) -> None:
    """Write CSV files, company.yml and the checksums of all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"{name}.csv": _csv(name, table) for name, table in build().items()}
    files["company.yml"] = COMPANY.encode()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")


def _csv(name: str, table: pd.DataFrame) -> bytes:
    table = table.copy()
    for column in MONEY.get(name, []):
        table[column] = table[column].astype("int64").map(_roubles)
    for column in table.columns[table.dtypes.astype(str).str.startswith("datetime")]:
        clock = "%Y-%m-%dT%H:%M" if column == "at" else "%Y-%m-%d"
        table[column] = table[column].dt.strftime(clock)
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def _roubles(kopecks: int) -> str:
    return f"{'-' if kopecks < 0 else ''}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "data" / "sample")
