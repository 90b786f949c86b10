"""Approvals: what only two may do is asked for by one and done when another has agreed (maker-checker, ADR 0035).

needs_approval      whether something may be done directly
request_approval    ask for it
approve, reject     a checker's word; the last approval that is needed does it
withdraw            the maker takes it back
"""

from wallets.services.approvals.answering import approve, reject, withdraw
from wallets.services.approvals.operations import Change, Operation, Target
from wallets.services.approvals.registry import OPERATIONS
from wallets.services.approvals.requesting import request_approval
from wallets.services.approvals.rules import create_default_rules, needs_approval, which_need_approval
from wallets.services.approvals.upkeep import expire_approvals, remind_checkers

__all__ = [
    "OPERATIONS",
    "Change",
    "Operation",
    "Target",
    "approve",
    "create_default_rules",
    "expire_approvals",
    "needs_approval",
    "reject",
    "remind_checkers",
    "request_approval",
    "which_need_approval",
    "withdraw",
]
