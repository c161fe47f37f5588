"""The endpoint beside its peers: the same data, the same queries, the same machine, the same minutes."""
