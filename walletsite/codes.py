"""The registry of codes: one code, one status (docs/interface.md). Each has a page under /v1/errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means.

    Attributes:
        meaning: one sentence for whoever calls the interface.
        remedy: what to do about it.
        is_retryable: whether the same request may succeed later as it is; the answer bears Retry-After.
    """

    status: int
    title: str
    meaning: str
    remedy: str
    is_retryable: bool = False


_RETRY = "Send the same request again, with the same Idempotency-Key, after Retry-After seconds."
_NEW_KEY = "The refusal is kept under its Idempotency-Key: after changing something, use a new key."

CODES: dict[str, Code] = {
    # 400
    "request.malformed": Code(
        400,
        "Malformed request",
        "The request could not be read: not UTF-8, not a JSON object, a duplicate key, NaN, NUL, nested too deep.",
        "Correct how the request is written.",
    ),
    "request.validation": Code(
        400,
        "Invalid request",
        "The request can be read, but a field or parameter is missing, unknown or wrong; `errors` names each.",
        "Correct what `errors` points at.",
    ),
    "money.invalid": Code(
        400,
        "Invalid amount",
        'An amount is a decimal string above zero, such as "12.50": no number, sign, exponent or space.',
        "Send the amount as a string of digits.",
    ),
    "money.scale_exceeded": Code(
        400,
        "Amount too fine",
        "The amount has more decimals than its asset. Nothing is ever rounded to fit.",
        "Round the amount yourself, the way you want it.",
    ),
    "currency.unsupported": Code(
        400, "Unsupported currency", "There is no such asset here.", "Use one of the supported codes."
    ),
    "pagination.invalid": Code(
        400,
        "Invalid page",
        "The limit is out of range, or the cursor is not one of this list with these filters.",
        "Use a limit from 1 to 200 and the `next_cursor` exactly as it was given.",
    ),
    "idempotency.key_missing": Code(
        400,
        "Idempotency-Key missing",
        "Requests that move money need an Idempotency-Key, so that repeating them is safe.",
        "Send a fresh key of 1 to 255 visible ASCII characters, and keep it for retries.",
    ),
    "method.not_allowed": Code(
        405, "Method not allowed", "This resource does not know this method.", "Use a method that `Allow` names."
    ),
    "not_acceptable": Code(
        406, "Not acceptable", "No answer of the media type that `Accept` asks for exists.", "Accept application/json."
    ),
    "media_type.unsupported": Code(
        415,
        "Unsupported media type",
        "Bodies are UTF-8 JSON, sent uncompressed.",
        "Send Content-Type: application/json.",
    ),
    # 401, 403, 404
    "auth.required": Code(
        401, "Log-in required", "The request carries no access token.", "Send Authorization: Bearer <access token>."
    ),
    "auth.invalid_token": Code(
        401,
        "Invalid token",
        "The token is malformed, expired, revoked or not for this service.",
        "Refresh the token or log in again.",
    ),
    "auth.invalid_credentials": Code(
        401, "Invalid credentials", "E-mail and password, or client id and secret, do not match.", "Correct them."
    ),
    "auth.forbidden": Code(
        403, "Not allowed", "You may see this, but your role or scope may not do that.", "Ask somebody who may."
    ),
    "approval.self": Code(
        403,
        "Not your own request",
        "Whoever asks for something does not approve it himself.",
        "Ask another manager, or finance.",
    ),
    "approval.own": Code(
        403,
        "A second person has to check",
        "Nobody approves what he has asked for himself, or what is about his own wallet. This holds for every role.",
        "Ask somebody else whom the request names as a checker.",
    ),
    "not_found": Code(
        404,
        "Not found",
        "There is nothing here, or nothing that you may see. The two are not told apart.",
        "Check the path and the id.",
    ),
    # 409
    "wallet.already_exists": Code(
        409, "Wallet exists", "The user has such a wallet already; `existing_id` names it.", "Use the existing wallet."
    ),
    "wallet.invalid_transition": Code(
        409, "Impossible status change", "A closed wallet stays closed.", "Open a new wallet."
    ),
    "wallet.not_empty": Code(
        409,
        "Wallet not empty",
        "A wallet is closed only when every figure is zero and no reservation is open; `blockers` names what is left.",
        "Move the money out and release the reservations first.",
    ),
    "reservation.not_open": Code(
        409, "Reservation not open", "The reservation was captured, released or has expired.", "Make a new one."
    ),
    "reservation.expired": Code(
        409, "Reservation expired", "The deadline of the reservation has passed.", "Make a new one."
    ),
    "transfer.duplicate_reference": Code(
        409,
        "Duplicate reference",
        "A transaction with this reference_type, reference_id and type exists already.",
        "Read the existing transaction, or use another reference.",
    ),
    "import.duplicate": Code(
        409, "Imported before", "The same rows were applied before, or wait to be.", "Say another reference in them."
    ),
    "import.not_ready": Code(
        409, "Import not ready", "It was not checked, has mistakes, is under way, or is over.", "Look at its page."
    ),
    "statement_pack.not_ready": Code(
        409, "File not there", "It is still being made, or its time is over.", "Wait, or have it made anew."
    ),
    "budget.overlap": Code(
        409,
        "Overlapping budget",
        "There is an active budget of this scope, period type, currency and set of categories at that time already, or "
        "such a template for this role, or one of this name; `existing_id` names it.",
        "Change the existing one.",
    ),
    "budget.ended": Code(409, "Budget expired", "An expired budget is final.", "Set a new budget."),
    "budget.request_pending": Code(
        409,
        "Asked already",
        "Somebody has asked this budget for more for the same spend; `existing_id` names the request.",
        "Wait for its answer, or withdraw it.",
    ),
    "budget.request_closed": Code(
        409,
        "Request closed",
        "The request was approved, rejected or withdrawn, or has expired; `request_status` says which.",
        "Read it. Ask again if more is still needed.",
    ),
    "approval.pending": Code(
        409,
        "Asked already",
        "The same was asked for and waits for approval; `existing_id` names the request.",
        "Wait for its answer, or withdraw it.",
    ),
    "approval.closed": Code(
        409,
        "Approval closed",
        "The request was approved, rejected or withdrawn, has expired or is stale; `approval_status` says which.",
        "Read it. Ask again if it is still needed.",
    ),
    "idempotency.in_progress": Code(
        409, "Still running", "A request with this key is being worked on.", _RETRY, is_retryable=True
    ),
    "lock.timeout": Code(
        409,
        "Busy",
        "Somebody else was changing the same data for too long, or holds the wallet for an operation of his own "
        "(whoever holds it names its lock in the header Wallet-Lock).",
        _RETRY,
        is_retryable=True,
    ),
    # 412, 413, 428
    "precondition.failed": Code(
        412,
        "Precondition failed",
        "If-Match names another version, or a condition of the transfer does not hold.",
        "Read the resource again, decide again.",
    ),
    "request.too_large": Code(413, "Request too large", "A body may have 1 MiB.", "Send less at a time."),
    "precondition.required": Code(
        428,
        "Precondition required",
        "Changes need If-Match, so that nobody overwrites what they have not seen.",
        "Send If-Match with the ETag that you read.",
    ),
    # 422
    "funds.insufficient": Code(
        422, "Insufficient funds", "Less is available than this needs; `gates` has the figures.", _NEW_KEY
    ),
    "budget.exceeded": Code(422, "Budget exceeded", "The budget allows less than this needs.", _NEW_KEY),
    "budget.parent_exceeded": Code(
        422,
        "Budget above exceeded",
        "The budget above is an ENVELOPE: those below it may not together allow more than it does; `available` is what "
        "there was to ask for.",
        "Ask for less, or raise the budget above first.",
    ),
    "budget.not_evaluable": Code(
        422,
        "Budget cannot be asked",
        "A budget or limit that binds cannot be evaluated: it has no period, or no rate for this currency.",
        "Ask whoever keeps the budget, then use a new key.",
    ),
    "limit.exceeded": Code(422, "Limit exceeded", "A limit allows less than this needs.", _NEW_KEY),
    "wallet.frozen": Code(422, "Wallet frozen", "A frozen wallet neither pays nor receives.", _NEW_KEY),
    "wallet.suspended": Code(422, "Wallet suspended", "A suspended wallet receives, but does not pay.", _NEW_KEY),
    "wallet.closed": Code(422, "Wallet closed", "A closed wallet neither pays nor receives.", _NEW_KEY),
    "currency.mismatch": Code(
        422, "Currency mismatch", "The wallets and the amount are not all in the same currency.", _NEW_KEY
    ),
    "transfer.same_wallet": Code(
        422, "Same wallet", "Source and destination are the same wallet.", "Name two wallets, and use a new key."
    ),
    "reservation.capture_exceeds": Code(
        422, "Capture too large", "More is to be captured than is still reserved.", "Capture less, with a new key."
    ),
    "refund.exceeds_original": Code(
        422, "Refund too large", "Refunds together never exceed the original.", "Refund less, with a new key."
    ),
    "transaction.not_reversible": Code(
        422, "Not reversible", "The transaction was reversed or refunded already, or never completed.", "Look at it."
    ),
    "idempotency.key_reused": Code(
        422,
        "Idempotency-Key reused",
        "This key was used before for a different request.",
        "Use a new key for a new request.",
    ),
    "approval.no_checker": Code(
        422,
        "Nobody could approve it",
        "This needs a second person, and nobody of the company could be that. Nothing was asked for.",
        "Let somebody be given the role, or let somebody else ask.",
    ),
    "approval.required": Code(
        422,
        "Approval required",
        "This needs a second person, and cannot be asked for as one of many.",
        "Ask for it on its own: that makes a request for approval.",
    ),
    "kyc.required": Code(422, "Verification required", "The customer has to be verified first.", _NEW_KEY),
    "risk.blocked": Code(422, "Blocked", "The risk rules do not let this pass.", "Ask the compliance team."),
    # 429, 503
    "rate.limited": Code(
        429,
        "Too many requests",
        "The rate limit of the caller, wallet or log-in is used up.",
        _RETRY,
        is_retryable=True,
    ),
    "service.unavailable": Code(
        503, "Unavailable", "The service cannot answer just now; nothing happened.", _RETRY, is_retryable=True
    ),
    "outcome.unknown": Code(
        503,
        "Outcome unknown",
        "The connection to the database broke at the last step; whether it happened is not known.",
        _RETRY,
        is_retryable=True,
    ),
}


def example_of(code: str) -> dict[str, Any]:
    """How a problem with this code looks."""
    known = CODES[code]
    return {
        "type": f"/v1/errors/{code}",
        "title": known.title,
        "status": known.status,
        "detail": known.meaning,
        "instance": "/v1/transfers",
        "code": code,
        "request_id": "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c001",
        "retryable": known.is_retryable,
    }
