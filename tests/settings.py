"""Settings of a test run: the `test` profile on servers of its own."""

from tests import servers

servers.use()

from walletsite.settings import *  # noqa: E402, F403 - reads the environment that has just been set

REST_FRAMEWORK = {**REST_FRAMEWORK, "TEST_REQUEST_DEFAULT_FORMAT": "json"}  # noqa: F405
WHITENOISE_AUTOREFRESH = True
"""Otherwise every test client of Django's looks at all static files when it is made."""
