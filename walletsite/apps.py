from django.apps import AppConfig
from django.db.backends.signals import connection_created


class WalletsiteConfig(AppConfig):
    name = "walletsite"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from walletsite import checks, connections  # noqa: F401 - importing `checks` registers them

        connection_created.connect(connections.examine)
