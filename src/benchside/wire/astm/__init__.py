"""The link to analyzers of CLSI LIS1 (ASTM E1381): frames, and the two parties' conversation. No sockets, no clock."""
