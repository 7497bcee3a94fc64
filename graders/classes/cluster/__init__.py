"""Grading beyond one machine, on Dask distributed: it hands jobs out and remembers nothing; the store does."""
