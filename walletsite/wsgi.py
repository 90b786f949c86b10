"""Entry point of the web server."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "walletsite.settings")
os.environ.setdefault("DATABASE_PURPOSE", "web")

django_application = get_wsgi_application()

from walletsite.bodies import WholeBodies  # noqa: E402 - needs the apps, as does the next
from walletsite.checks import require_safe_start  # noqa: E402
from walletsite.memory import settle  # noqa: E402

require_safe_start()
application = WholeBodies(django_application)
settle()
