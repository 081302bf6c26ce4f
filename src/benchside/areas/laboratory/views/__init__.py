"""What the laboratory's screens show: views of Specimen, DiagnosticReport, controls and auto-verification."""

from datetime import tzinfo

from benchside.areas.laboratory.views.quality import quality_views
from benchside.areas.laboratory.views.specimens import laboratory_views as specimen_views
from benchside.record.views import View


def laboratory_views(zone: tzinfo) -> list[View]:
    """The laboratory's own views."""
    return [*specimen_views(zone), *quality_views(zone)]


__all__ = ["laboratory_views"]
