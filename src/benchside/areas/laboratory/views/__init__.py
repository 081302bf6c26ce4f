"""What the laboratory's screens show: views of Specimen, DiagnosticReport, controls, auto-verification and turnaround."""

from datetime import tzinfo

from benchside.areas.laboratory.views.quality import quality_views
from benchside.areas.laboratory.views.specimens import laboratory_views as specimen_views
from benchside.areas.laboratory.views.turnaround import turnaround_view
from benchside.record.joined import JoinedView
from benchside.record.views import View


def laboratory_views(zone: tzinfo) -> list[View | JoinedView]:
    """The laboratory's own views."""
    return [*specimen_views(zone), *quality_views(zone), turnaround_view(zone)]


__all__ = ["laboratory_views"]
