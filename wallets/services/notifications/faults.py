"""What came of handing an e-mail to the mail server, told from the error and never from its text."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

PERMANENT = 500
CLOSING = 421


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an e-mail was not taken.

    Attributes:
        error: a word, with the server's code. Its text is not kept: it usually repeats the address.
        is_final: trying again makes no sense.
        ends_turn: the connection, or the server, is not good for others either.
    """

    error: str
    is_final: bool
    ends_turn: bool


def judge(error: Exception) -> Fault:
    """Sort what the mail framework raised. What nobody expected is tried again."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code = max((code for code, _ in error.recipients.values()), default=0)
            return Fault(f"recipient_refused_{code}", code >= PERMANENT, code == CLOSING)
        case smtplib.SMTPSenderRefused():  # our own address: the next one fails as well
            return Fault(f"sender_refused_{error.smtp_code}", False, True)
        case smtplib.SMTPDataError():
            code = error.smtp_code
            return Fault(f"message_refused_{code}", code >= PERMANENT, code == CLOSING)
        case smtplib.SMTPResponseException():
            return Fault(f"refused_{error.smtp_code}", False, True)
        case smtplib.SMTPServerDisconnected():
            return Fault("connection_lost", False, True)
        case smtplib.SMTPNotSupportedError() | ValueError():
            return Fault("unsendable", True, False)
        case OSError():
            return Fault("connection", False, True)
        case _:
            return Fault("unexpected", False, True)
