"""HL7 version 2: messages as senders really write them, read without losing a byte."""
