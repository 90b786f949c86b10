"""Entry point of the web server."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "walletsite.settings")
os.environ.setdefault("DATABASE_PURPOSE", "web")

django_application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - needs the apps, as do the following

from walletsite.bodies import BodyReader  # noqa: E402
from walletsite.checks import require_safe_start  # noqa: E402

require_safe_start()
application = BodyReader(django_application, patient=max(1, settings.WEB_THREADS // 2))
