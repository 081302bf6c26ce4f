"""Search on R4: what resources are found by, and what a query asks."""
