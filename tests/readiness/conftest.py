"""Property tests judge results, not the speed of a shared machine: no deadline for one example."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
