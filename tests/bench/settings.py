"""Settings of the server that is measured: the service's own, and one empty route to compare with."""

from walletsite.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
