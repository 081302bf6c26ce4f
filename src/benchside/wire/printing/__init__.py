"""Labels from the record to the printer: what a label says, the worker's part of a print job, and its PDF."""
