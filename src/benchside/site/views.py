"""The views of this site, and the policy under which every door writes its record."""

from django.utils.timezone import get_default_timezone

from benchside.areas.laboratory.views import laboratory_views
from benchside.readiness.gathering.lots import lot_views
from benchside.readiness.gathering.orders import order_views
from benchside.readiness.gathering.patients import patient_views
from benchside.readiness.gathering.places import place_views
from benchside.readiness.gathering.results import result_views
from benchside.readiness.staff import staff_views
from benchside.record.policy import Policy
from benchside.record.site import site_record
from benchside.record.views import ViewRegistry


def site_policy() -> Policy:
    """The site's time zone and all its views. `benchside.record.site.site_record` gives the record under it."""
    zone = get_default_timezone()
    views = [
        *staff_views(zone),
        *patient_views(zone),
        *order_views(zone),
        *result_views(zone),
        *place_views(zone),
        *lot_views(zone),
        *laboratory_views(zone),
    ]
    return Policy(zone=zone, views=ViewRegistry(views))


__all__ = ["site_policy", "site_record"]
