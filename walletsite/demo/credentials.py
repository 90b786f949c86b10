"""Log-ins of the demo: made up per installation, written to one file for its owner's eyes only.

The database keeps hashes, so a file that is lost is answered by new passwords, never by the old ones. Staff have a
second factor like everywhere else; the file is their authenticator app (`make code`).
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from django.utils import timezone

from compliance.core.origin import Origin
from compliance.models import Company, ServiceAccount, User
from compliance.selectors.security import factor_of
from compliance.services.companies import renew_service_secret
from compliance.services.one_time_codes import code_of, key_text, new_key, step_at
from compliance.services.passwords import set_password
from compliance.services.second_factors import clear_factor, enrol
from walletsite.demo.credentials_file import AUTHENTICATOR_KEY, read_credentials
from walletsite.demo.people import LOG_INS
from walletsite.demo.seeding import SERVICE_NAME
from walletsite.embedded.installation import write_private

PASSWORD_BYTES = 15
_INSTALLATION = Origin()


def write_credentials(company: Company, *, base_url: str, file: Path) -> bool:
    """Write where the service is and how to log in, with new passwords unless the file has those of this company.

    Args:
        base_url: where people find the service, without a slash at the end.

    Returns:
        Whether new passwords and a new secret were made. The old ones, and all their sessions, ended with that.
    """
    users = {role: User.objects.get(email=person.email, company_id=company.id) for role, person in LOG_INS.items()}
    service = ServiceAccount.objects.get(company=company, name=SERVICE_NAME)
    kept = read_credentials(file)
    is_new = not _are_of(kept, users, service)
    log_ins = _make_log_ins(users, service) if is_new else {name: kept[name] for name in ("users", "service")}
    content = {"base_url": base_url, "admin_url": f"{base_url}/admin/", **log_ins}
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(file, json.dumps(content, indent=2) + "\n")
    return is_new


def _are_of(content: dict[str, Any], users: dict[str, User], service: ServiceAccount) -> bool:
    """Whether the log-ins are those of this company, and not of one that was reset since."""
    people = content.get("users", {})
    ids = {role: who.get("user_id") for role, who in people.items()}
    wanted = {role: str(user.id) for role, user in users.items()}
    has_apps = all(AUTHENTICATOR_KEY in people.get(role, {}) for role, user in users.items() if user.is_staff)
    return ids == wanted and has_apps and content.get("service", {}).get("client_id") == service.client_id


def _make_log_ins(users: dict[str, User], service: ServiceAccount) -> dict[str, Any]:
    return {
        "users": {role: _make_log_in(user) for role, user in users.items()},
        "service": {
            "client_id": service.client_id,
            "client_secret": renew_service_secret(account_id=service.id, origin=_INSTALLATION),
        },
    }


def _make_log_in(user: User) -> dict[str, str]:
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    set_password(user_id=user.id, password=password, origin=_INSTALLATION)
    log_in = {"email": user.email, "password": password, "user_id": str(user.id)}
    return log_in | ({AUTHENTICATOR_KEY: _set_up_app(user)} if user.is_staff else {})


def _set_up_app(user: User) -> str:
    """The key that the user's app has from now on. Whoever starts the demo is the app, and shows its first code."""
    if factor_of(user) is not None:
        clear_factor(user_id=user.id, reason="the demo has new log-ins", origin=_INSTALLATION)
    key, now = new_key(), timezone.now()
    enrol(user_id=user.id, key=key, typed=code_of(key, step_at(now) - 1), origin=_INSTALLATION, typed_at=now)
    return key_text(key)
