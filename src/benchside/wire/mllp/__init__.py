"""HL7 v2 over TCP: the minimal lower layer protocol, and a listener that answers only for what is committed."""
