"""The settings of the server that journeys go through: those of the tests, on the database the journey names."""

import os

from benchside.site.databases import database_settings
from tests.settings import *  # noqa: F403 # settings are modules of names
from tests.settings import BENCHSIDE_HOME as _HOME

DATABASES = {"default": database_settings(os.environ["BENCHSIDE_JOURNEY_DATABASE"], _HOME)}
