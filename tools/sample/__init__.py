"""The invented distributor of `data/sample/`: one module per kind of table, all random streams named after their table.

    lists      words: names of firms and people, segments, regions, categories
    stories    the planted facts, each with its numbers
    streams    a seeded generator per table name
    clients    hidden profiles of buyers, then the clients table and the hand-over history
    goods      products with prices and costs
    sales      order days, order lines, returns
    work       touches and the time log
    finance    plans, potential, receivables

The order of computation is fixed in `tools/make_sample.py`; a table may read the tables before it, never their streams.
"""
