from budgets.models.budget import Budget
from budgets.models.limit import Limit
from budgets.models.period import BudgetPeriod
from budgets.models.request import BudgetRequest
from budgets.models.revision import BudgetRevision
from budgets.models.template import BudgetTemplate
from budgets.models.threshold_alert import ThresholdAlert

__all__ = [
    "Budget",
    "BudgetPeriod",
    "BudgetRequest",
    "BudgetRevision",
    "BudgetTemplate",
    "Limit",
    "ThresholdAlert",
]
