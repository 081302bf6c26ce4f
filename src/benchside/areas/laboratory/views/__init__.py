"""What the laboratory's screens show: views of Specimen and DiagnosticReport."""

from benchside.areas.laboratory.views.specimens import laboratory_views

__all__ = ["laboratory_views"]
