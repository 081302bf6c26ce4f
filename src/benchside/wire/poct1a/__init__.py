"""POCT1-A: bedside devices that talk XML documents (DML) to a data manager. No sockets, no clock."""
