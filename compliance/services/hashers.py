from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class ModestArgon2(Argon2PasswordHasher):
    """Argon2id at OWASP's recommended cost (Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1).

    Django's default takes 100 MiB and eight lanes for every try, so a few dozen strangers who guess at once could
    take a small server's memory. Hashes of another cost are renewed at the next log-in.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
