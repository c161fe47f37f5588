"""Gives triples out: the SPARQL endpoint and the entity pages of one release."""
