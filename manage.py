#!/usr/bin/env python
"""Django's command line for this service: `python manage.py help` lists every command."""

import os
import sys


def main() -> None:
    from walletsite.database import purpose_of_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "walletsite.settings")
    os.environ.setdefault("DATABASE_PURPOSE", purpose_of_command(sys.argv))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
