"""At the bedside: vital signs and point-of-care tests, charted as they are measured."""

from benchside.areas.bedside.acts.point_of_care import PointOfCareResult, perform_point_of_care_test
from benchside.areas.bedside.acts.vital_signs import Circumstances, RecordedVitals, record_vitals

__all__ = ["Circumstances", "PointOfCareResult", "RecordedVitals", "perform_point_of_care_test", "record_vitals"]
