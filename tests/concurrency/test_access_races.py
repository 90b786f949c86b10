"""Two who decide over access and decide about each other; and two who name the same deputy."""

from __future__ import annotations

import contextlib
from functools import partial

import pytest

from compliance.core.origin import Origin
from compliance.models import Deputy, Role, ServiceAccount, User
from compliance.services.service_accounts import activate_service_account, prepare_service_account, renew_secret
from compliance.services.users import update_user
from ledger.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from tests.compliance.factories import UserFactory, make_cast
from tests.compliance.standing_in import stand_in
from tests.ledger.sessions import answers, together

pytestmark = pytest.mark.usefixtures("committed_db")
ROUNDS = 10


def withdraw(by: User, whom: User) -> str:
    origin = Origin(actor_id=by.id, actor_role=by.role)
    try:
        update_user(
            caller=User.objects.get(id=by.id),
            user_id=whom.id,
            changes={"administers_access": False},
            expected_version=None,
            origin=origin,
            reason="A race.",
        )
    except (Forbidden, NotFound):
        return "refused"
    return "done"


def test_of_two_who_take_it_from_each_other_one_keeps_it() -> None:
    company = make_cast().company
    for _ in range(ROUNDS):
        ines, otto = (UserFactory(company=company, administers_access=True) for _ in range(2))
        done = answers(together([partial(withdraw, ines, otto), partial(withdraw, otto, ines)]))
        assert sorted(done) == ["done", "refused"]
        assert User.objects.filter(id__in=(ines.id, otto.id), administers_access=True).count() == 1


def test_the_same_deputy_is_named_once() -> None:
    cast = make_cast()
    for _ in range(ROUNDS):
        dora = UserFactory(company=cast.company, role=Role.MANAGER)

        def name(dora: User = dora) -> str:
            try:
                stand_in(dora, for_=cast.bob)
            except InvalidInput:
                return "refused"
            return "done"

        assert sorted(answers(together([name, name]))) == ["done", "refused"]
        assert Deputy.objects.filter(deputy=dora).count() == 1


def test_nobody_activates_what_he_gets_the_secret_of_meanwhile() -> None:
    """otto may activate what ines has prepared, and takes a new secret for himself at the same time."""
    company = make_cast().company
    ines, otto = (UserFactory(company=company, administers_access=True) for _ in range(2))
    for _ in range(ROUNDS):
        account, _secret = prepare_service_account(
            caller=ines, name="Payroll", scopes=[], reason="A race.", origin=Origin(ines.id, ines.role)
        )

        def activate(account: ServiceAccount = account) -> None:
            with contextlib.suppress(Forbidden, PreconditionFailed):
                activate_service_account(caller=otto, account_id=account.id, reason="A race.", origin=Origin())

        def renew(account: ServiceAccount = account) -> None:
            renew_secret(caller=otto, account_id=account.id, reason="A race.", origin=Origin())

        answers(together([activate, renew]))
        account.refresh_from_db()
        assert (account.status, account.prepared_by_id) == ("SUSPENDED", otto.id)
