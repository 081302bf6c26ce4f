"""FHIRPath over R4: read an expression, evaluate it on structs, or turn it into Python source.

- `parser.parse(text)` gives the parts (`syntax`).
- `evaluation.evaluate(expression, struct, model=...)` walks structs with any expression, three-valued logic included.
- `compiler.compile_function(expression, type_name, model, name)` writes a Python function for an expression known
  beforehand (HL7's invariants): True, False, or None when unknown; an invariant is broken when it is False.
  The source needs `compiler.RUNTIME_NAMES` imported from `runtime`.
- `model.TypeModel` is what they know of the types: `model.R4` for R4 4.0.1.

Source: http://hl7.org/fhirpath/N1, https://hl7.org/fhir/R4/fhirpath.html.
"""
