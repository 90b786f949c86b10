"""The Celery application. Its settings are the CELERY_… ones; tasks live in the `tasks` room of each app."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django_structlog.celery.steps import DjangoStructLogInitStep

from walletsite.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "walletsite.settings")

app = Celery("walletsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """A receiver of this signal, even an empty one, keeps Celery from replacing the logging that Django set up."""


@worker_init.connect
@beat_init.connect
def require_safe_start(**_: Any) -> None:
    from walletsite.checks import require_safe_start  # needs the apps, which Celery loads first

    require_safe_start()


@worker_init.connect
def share_memory(**_: Any) -> None:
    """What is loaded before the worker forks stays one copy for all its children: the collector would write to it."""
    settle()
