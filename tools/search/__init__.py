"""How HL7's search parameters become Python."""
