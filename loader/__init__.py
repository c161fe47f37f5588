"""Puts triples in: sources, records, triples, validation, an immutable release."""
