"""FHIRPath over R4: read an expression, evaluate it on structs, or turn it into Python source.

`parse` gives the parts, `evaluate` walks structs with any expression, `compile_function` writes fast Python for the
expressions known beforehand (HL7's invariants). Source: http://hl7.org/fhirpath/N1, https://hl7.org/fhir/R4/fhirpath.html.
"""
