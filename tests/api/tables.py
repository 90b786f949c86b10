"""Who may do what, to whose things. Columns and cells are explained in `tests.api.authorisation`."""

from __future__ import annotations

SEE = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         yes  404   404      404
MANAGER          yes  yes   404      404
FINANCE          yes  yes   yes      404
COMPLIANCE       yes  yes   yes      404
AUDITOR          yes  yes   yes      404
SYSTEM with      -    yes   yes      404
SYSTEM without   -    403   403      403
"""

LIST = """
                 own
anonymous        401
EMPLOYEE         yes
MANAGER          yes
FINANCE          yes
COMPLIANCE       yes
AUDITOR          yes
SYSTEM with      yes
SYSTEM without   403
"""

STREAM = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          yes
COMPLIANCE       403
AUDITOR          yes
SYSTEM with      yes
SYSTEM without   403
"""

COMPANY = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          yes
COMPLIANCE       yes
AUDITOR          yes
SYSTEM with      yes
SYSTEM without   403
"""

PEOPLE_ONLY = """
                 own
anonymous        401
EMPLOYEE         yes
MANAGER          yes
FINANCE          yes
COMPLIANCE       yes
AUDITOR          yes
SYSTEM with      403
SYSTEM without   403
"""

SEE_COMPANY = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          yes
COMPLIANCE       403
AUDITOR          yes
SYSTEM with      403
SYSTEM without   403
"""

CREATE_USER = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          yes
COMPLIANCE       403
AUDITOR          403
SYSTEM with      yes
SYSTEM without   403
"""

CHANGE_NAMES = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         yes  404   404      404
MANAGER          yes  403   404      404
FINANCE          yes  yes   yes      404
COMPLIANCE       yes  403   403      404
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      403
SYSTEM without   -    403   403      403
"""

CHANGE_USER_STATUS = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  404   404      404
MANAGER          403  403   404      404
FINANCE          403  yes   yes      404
COMPLIANCE       403  yes   yes      404
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      403
SYSTEM without   -    403   403      403
"""

OPEN_WALLET = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          yes  yes   400      400
FINANCE          yes  yes   yes      400
COMPLIANCE       403  403   403      403
AUDITOR          403  403   403      403
SYSTEM with      -    yes   yes      400
SYSTEM without   -    403   403      403
"""

SUSPEND = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         yes  404   404      404
MANAGER          yes  yes   404      404
FINANCE          yes  yes   yes      404
COMPLIANCE       yes  yes   yes      404
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      403
SYSTEM without   -    403   403      403
"""

FREEZE = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  404   404      404
MANAGER          403  yes   404      404
FINANCE          403  yes   yes      404
COMPLIANCE       403  yes   yes      404
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      403
SYSTEM without   -    403   403      403
"""

HAND_IN = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          403
COMPLIANCE       403
AUDITOR          403
SYSTEM with      yes
SYSTEM without   403
"""

BOOK = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          403  403   403      403
FINANCE          403  403   403      403
COMPLIANCE       403  403   403      403
AUDITOR          403  403   403      403
SYSTEM with      -    yes   yes      404
SYSTEM without   -    403   403      403
"""

SPEND = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         yes  404   404      404
MANAGER          yes  yes   404      404
FINANCE          yes  yes   yes      404
COMPLIANCE       yes  403   403      404
AUDITOR          403  403   403      403
SYSTEM with      -    yes   yes      404
SYSTEM without   -    403   403      403
"""

PAY_TO = """
                 own  team  company  foreign
anonymous        -    401   401      401
EMPLOYEE         -    yes   yes      404
MANAGER          -    yes   yes      404
FINANCE          -    yes   yes      404
COMPLIANCE       -    yes   yes      404
AUDITOR          -    403   403      403
SYSTEM with      -    -     -        -
SYSTEM without   -    -     -        -
"""

HOLD = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          yes  yes   404      404
FINANCE          yes  yes   yes      404
COMPLIANCE       403  403   403      403
AUDITOR          403  403   403      403
SYSTEM with      -    yes   yes      404
SYSTEM without   -    403   403      403
"""

UNDO = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          403  403   403      403
FINANCE          yes  yes   yes      404
COMPLIANCE       403  403   403      403
AUDITOR          403  403   403      403
SYSTEM with      -    yes   yes      404
SYSTEM without   -    403   403      403
"""

PUBLIC = """
                 own
anonymous        yes
EMPLOYEE         yes
MANAGER          yes
FINANCE          yes
COMPLIANCE       yes
AUDITOR          yes
SYSTEM with      yes
SYSTEM without   yes
"""

READ_CLOSINGS = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          yes
COMPLIANCE       yes
AUDITOR          yes
SYSTEM with      403
SYSTEM without   403
"""

CLOSE_BOOKS = READ_CLOSINGS.replace("COMPLIANCE       yes", "COMPLIANCE       403").replace(
    "AUDITOR          yes", "AUDITOR          403"
)

BACKDATE = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  404   404      404
MANAGER          403  403   404      404
FINANCE          yes  yes   yes      404
COMPLIANCE       403  403   403      404
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      404
SYSTEM without   -    403   403      403
"""
"""A scope for transfers is none for the past."""

LOG_IN = PUBLIC.replace("yes", "400")
"""The body is empty: whoever gets this far has been let in."""

READ_WEBHOOKS = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          403  403   403      403
FINANCE          yes  yes   yes      404
COMPLIANCE       yes  yes   yes      404
AUDITOR          yes  yes   yes      404
SYSTEM with      -    yes   yes      404
SYSTEM without   -    403   403      403
"""
"""An endpoint belongs to a company: it is as much one's own as anybody's in it."""

KEEP_WEBHOOKS = READ_WEBHOOKS.replace(
    "COMPLIANCE       yes  yes   yes      404", "COMPLIANCE       403  403   403      403"
)
KEEP_WEBHOOKS = KEEP_WEBHOOKS.replace(
    "AUDITOR          yes  yes   yes      404", "AUDITOR          403  403   403      403"
)

LIST_WEBHOOKS = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          yes
COMPLIANCE       yes
AUDITOR          yes
SYSTEM with      yes
SYSTEM without   403
"""

CREATE_WEBHOOK = LIST_WEBHOOKS.replace("COMPLIANCE       yes", "COMPLIANCE       403").replace(
    "AUDITOR          yes", "AUDITOR          403"
)

SET_BUDGET = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          403  yes   404      404
FINANCE          403  yes   yes      404
COMPLIANCE       403  403   403      403
AUDITOR          403  403   403      403
SYSTEM with      -    yes   yes      404
SYSTEM without   -    403   403      403
"""
"""Nobody says what he himself may spend."""

READ_TEMPLATES = READ_WEBHOOKS.replace(
    "MANAGER          403  403   403      403", "MANAGER          yes  yes   yes      404"
)
LIST_TEMPLATES = LIST_WEBHOOKS.replace("MANAGER          403", "MANAGER          yes")

KEEP_TEMPLATES = KEEP_WEBHOOKS.replace(
    "SYSTEM with      -    yes   yes      404", "SYSTEM with      -    403   403      403"
)

RUN_COMPANY = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          yes
COMPLIANCE       403
AUDITOR          403
SYSTEM with      403
SYSTEM without   403
"""
"""What counts for everybody of the company is said by its people of finance."""

ASK_FOR_MORE = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         yes  404   404      404
MANAGER          yes  yes   404      404
FINANCE          yes  yes   yes      404
COMPLIANCE       403  403   403      403
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      403
SYSTEM without   -    403   403      403
"""

ANSWER_REQUEST = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          403  yes   404      404
FINANCE          403  yes   yes      404
COMPLIANCE       403  403   403      403
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      403
SYSTEM without   -    403   403      403
"""
"""Nobody answers what he has asked for himself."""

ADJUST = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          403  403   403      403
FINANCE          403  yes   yes      404
COMPLIANCE       403  403   403      403
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      403
SYSTEM without   -    403   403      403
"""
"""Nobody adjusts what is his own."""

SEE_APPROVAL = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         404  404   404      404
MANAGER          404  yes   404      404
FINANCE          yes  yes   yes      404
COMPLIANCE       yes  yes   yes      404
AUDITOR          yes  yes   yes      404
SYSTEM with      -    yes   yes      404
SYSTEM without   -    403   403      403
"""
"""Of somebody's wallet, made by another. Its owner does not see it."""

CHECK = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         403  403   403      403
MANAGER          404  403   404      404
FINANCE          403  yes   yes      404
COMPLIANCE       403  403   403      404
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      403
SYSTEM without   -    403   403      403
"""
"""Nobody checks what is about himself; a step asks for finance."""

TAKE_BACK = """
                 own  team  company  foreign
anonymous        401  401   401      401
EMPLOYEE         404  404   404      404
MANAGER          404  403   404      404
FINANCE          403  yes   yes      404
COMPLIANCE       403  403   403      404
AUDITOR          403  403   403      403
SYSTEM with      -    403   403      404
SYSTEM without   -    403   403      403
"""
"""Made by the caller where he may, by somebody else of finance where not."""

LIST_RULES = LIST.replace("EMPLOYEE         yes", "EMPLOYEE         403")
SET_RULE = """
                 own
anonymous        401
EMPLOYEE         403
MANAGER          403
FINANCE          yes
COMPLIANCE       403
AUDITOR          403
SYSTEM with      403
SYSTEM without   403
"""
