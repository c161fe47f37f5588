"""The curators' bulk path: a table's rows become records, records become triples, triples go into the files.

`<kind>.toml` declares for each table its columns and, for each kind of node it yields, which field becomes which
property in which form. `records.py` says how a row falls into records; nothing else knows a table's columns.
"""
