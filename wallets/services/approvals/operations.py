"""What an operation that may need a second person is: the one abstraction of approvals (ADR 0035)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.errors import InvalidInput
from ledger.services.movements import Claim

Asked = TypeVar("Asked")
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an operation is about, as it is now.

    Attributes:
        version: what must not have changed between asking and doing; any text.
        subject_id: the user whose wallet or budget it is; None = a team's or the company's.
        amount: in `currency`, positive; None where there is none.
        kinds: what sort of case it is; rules may ask for some of them only.
    """

    type: str
    id: UUID
    version: str
    subject_id: UUID | None = None
    amount: Decimal | None = None
    currency: str = ""
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """One line of what the checker is shown. Words and figures, no personal data: they are kept for ever."""

    label: str
    before: str
    after: str


class Operation(ABC, Generic[Asked]):
    """Something that can be asked for and done.

    Attributes:
        name: `transaction.reverse`; kept in requests and rules for ever.
        title: what people call it.
        always: it needs a second person whatever the rules say; then `checkers` are those whom it asks itself.
        checkers: who checks where no rule says it.
        kinds: every kind that a target of it may have.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    always: ClassVar[bool] = False
    checkers: ClassVar[tuple[str, ...]] = ("FINANCE",)
    kinds: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def read(self, arguments: Arguments) -> Asked:
        """What the arguments say.

        Raises:
            InvalidInput: one is missing or wrong.
        """

    @abstractmethod
    def authorise(self, maker: Caller, asked: Asked) -> None:
        """Whether the maker may do this himself, second person or not. It is asked again when it is done.

        Raises:
            NotFound: nothing that he may see.
            Forbidden: not his to do.
        """

    @abstractmethod
    def target(self, asked: Asked) -> Target:
        """What it is about now; the maker has been found to see it."""

    @abstractmethod
    def impact(self, maker: Caller, asked: Asked) -> list[Change]:
        """What would change, by doing it and undoing that. Raises what refuses it."""

    def lock(self, asked: Asked) -> None:
        """Lock the rows that doing it changes and that come before accounts, so that `target` is compared for good."""

    @abstractmethod
    def run(self, maker: Caller, asked: Asked, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        """Do it inside the open transaction, as the maker.

        Args:
            claim: the right to do it once.
            origin: names the maker, with the request of whoever approved.

        Returns:
            What came of it: ids and words, to be kept with the request.
        """


def id_argument(arguments: Arguments, name: str) -> UUID:
    """An argument that is an id.

    Raises:
        InvalidInput: it is missing, or no id.
    """
    try:
        return UUID(str(arguments[name]))
    except (KeyError, ValueError):
        raise InvalidInput(f"Say which: {name} is an id.", pointer=f"/{name}") from None


def text_argument(arguments: Arguments, name: str) -> str:
    """An argument that is a text, not empty.

    Raises:
        InvalidInput: it is missing or empty.
    """
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{name} is missing.", pointer=f"/{name}")
    return value
