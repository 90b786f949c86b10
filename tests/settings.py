"""Settings of a test run: the `test` profile on servers of its own."""

from tests import servers

servers.use()

from walletsite.settings import *  # noqa: E402, F403 - reads the environment that has just been set
from walletsite.settings import DATABASES, REST_FRAMEWORK  # noqa: E402

# A test's transaction is as long as the test, or as all tests of a module: only statements and locks are bounded.
TRANSACTION_TIMEOUT_SECONDS = 0
DATABASES["default"]["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=0"

REST_FRAMEWORK = {**REST_FRAMEWORK, "TEST_REQUEST_DEFAULT_FORMAT": "json"}
WHITENOISE_AUTOREFRESH = True
"""Otherwise every test client of Django's looks at all static files when it is made."""
