"""The web application, as WSGI servers take it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchside.site.settings")

application = get_wsgi_application()

from benchside.wire.fhir_api.warm import warm_up  # noqa: E402  # its models need the application

warm_up()
