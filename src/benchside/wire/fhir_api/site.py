"""What the API uses of the site it runs in, beside its record: the access log of this process."""

from benchside.record.site import site_access_log

__all__ = ["site_access_log"]
