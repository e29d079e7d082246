"""Many repositories: scanned one process each, on one machine or a Dask cluster, into a dataset that others can query."""
