"""Records of CLSI LIS2-A2 (ASTM E1394) as analyzers really write them, read without losing a byte; orders and answers written."""
