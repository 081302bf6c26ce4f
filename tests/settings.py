"""Settings of the test runs: those of the product, in a home folder of their own, with a fast password hash."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "BENCHSIDE_TEST_HOME" in os.environ:
    os.environ["BENCHSIDE_HOME"] = os.environ["BENCHSIDE_TEST_HOME"]
else:
    os.environ["BENCHSIDE_HOME"] = tempfile.mkdtemp(prefix="benchside-test-")
    atexit.register(shutil.rmtree, os.environ["BENCHSIDE_HOME"], ignore_errors=True)
Path(os.environ["BENCHSIDE_HOME"]).mkdir(parents=True, exist_ok=True)
os.environ.pop("BENCHSIDE_DATABASE_URL", None)

from benchside.site.settings import *  # noqa: E402, F403  # settings are modules of names; the home must be set first

# The real hash is slow on purpose; tests of sign-in measure the rest.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
