"""The product's routes, under /v1; those of the seeds also without it (walletsite.urls)."""

from django.urls import path

from wallets.api.adjustments import AdjustmentsView
from wallets.api.approval_rules import ApprovalRulesView
from wallets.api.approvals import (
    ApprovalApproveView,
    ApprovalRejectView,
    ApprovalsView,
    ApprovalView,
    ApprovalWithdrawView,
)
from wallets.api.balance_changes import BalanceChangesView
from wallets.api.balance_history import BalanceHistoryView
from wallets.api.balances import BalanceView
from wallets.api.budget_backtests import BudgetBackTestsView
from wallets.api.budget_checks import BudgetChecksView
from wallets.api.budget_decisions import BudgetDecisionsView, BudgetDecisionView
from wallets.api.budget_forecasts import BudgetForecastView
from wallets.api.budget_moves import BudgetAdjustmentsView, BudgetTransfersView
from wallets.api.budget_periods import BudgetHistoryView, BudgetPeriodsView, BudgetPeriodView
from wallets.api.budget_requests import (
    ApprovalView as RequestApprovalView,
)
from wallets.api.budget_requests import (
    BudgetRequestsView,
    BudgetRequestView,
    RejectionView,
    WithdrawalView,
)
from wallets.api.budget_templates import BudgetTemplatesView, BudgetTemplateView
from wallets.api.budgets import BudgetsView, BudgetView, UserBudgetsView
from wallets.api.closings import ClosingsView
from wallets.api.company_balances import CompanyBalancesView
from wallets.api.decisions import DecisionView
from wallets.api.events import EventsView
from wallets.api.explanations import ExplainView
from wallets.api.history import WalletTransactionsView
from wallets.api.inbox import InboxEventsView
from wallets.api.limits import LimitEndView, LimitsView, LimitUsageView
from wallets.api.notifications import NotificationsView, PreferencesView, ReadView
from wallets.api.people import MeView, UsersView
from wallets.api.receipts import ReceiptView
from wallets.api.reports import BalancesReportView, TransactionsReportView
from wallets.api.reservations import ReservationsView, ReservationView
from wallets.api.settlements import CaptureView, ExtensionView, ProgressView, ReleaseView
from wallets.api.statements import StatementView
from wallets.api.transactions import TransactionEntriesView, TransactionEventsView, TransactionView
from wallets.api.transfer_batches import TransferBatchView
from wallets.api.transfers import BalanceTransferView, TransfersView
from wallets.api.undoing import RefundsView, ReversalBatchView, ReversalsView
from wallets.api.wallet_locks import LockView, WalletLockView
from wallets.api.wallet_status import WalletStatusView
from wallets.api.wallets import WalletsView, WalletView
from wallets.api.webhook_deliveries import DeliveryView, EndpointDeliveriesView, ResendView
from wallets.api.webhook_endpoints import (
    WebhookEndpointsView,
    WebhookEndpointView,
    WebhookSecretView,
    WebhookTestView,
)

urlpatterns = [
    path("me", MeView.as_view()),
    path("users", UsersView.as_view()),
    path("users/<uuid:user_id>/budgets", UserBudgetsView.as_view()),
    path("wallets", WalletsView.as_view()),
    path("wallets/<uuid:id>", WalletView.as_view()),
    path("wallets/<uuid:wallet_id>/status", WalletStatusView.as_view()),
    path("wallets/<uuid:wallet_id>/balance", BalanceView.as_view()),
    path("wallets/<uuid:wallet_id>/balance/explain", ExplainView.as_view()),
    path("wallets/<uuid:wallet_id>/statement", StatementView.as_view()),
    path("wallets/<uuid:wallet_id>/lock", WalletLockView.as_view()),
    path("wallets/<uuid:wallet_id>/lock/<uuid:lock_id>", LockView.as_view()),
    path("wallets/<uuid:wallet_id>/transactions", WalletTransactionsView.as_view()),
    path("events", EventsView.as_view()),
    path("balances/history", BalanceHistoryView.as_view()),
    path("balances/changes", BalanceChangesView.as_view()),
    path("company/balances", CompanyBalancesView.as_view()),
    path("transactions/<uuid:txn_id>", TransactionView.as_view()),
    path("transactions/<uuid:txn_id>/events", TransactionEventsView.as_view()),
    path("transactions/<uuid:txn_id>/entries", TransactionEntriesView.as_view()),
    path("transactions/<uuid:txn_id>/decision", DecisionView.as_view()),
    path("transactions/<uuid:txn_id>/refunds", RefundsView.as_view()),
    path("transactions/<uuid:txn_id>/reversals", ReversalsView.as_view()),
    path("reversals/batch", ReversalBatchView.as_view()),
    path("reservations", ReservationsView.as_view()),
    path("reservations/<uuid:reservation_id>", ReservationView.as_view()),
    path("reservations/<uuid:reservation_id>/capture", CaptureView.as_view()),
    path("reservations/<uuid:reservation_id>/release", ReleaseView.as_view()),
    path("reservations/<uuid:reservation_id>/extend", ExtensionView.as_view()),
    path("reservations/<uuid:reservation_id>/progress", ProgressView.as_view()),
    path("transactions/<uuid:txn_id>/receipt", ReceiptView.as_view()),
    path("transfers", TransfersView.as_view()),
    path("transfers/batch", TransferBatchView.as_view()),
    path("budgets", BudgetsView.as_view()),
    path("budgets/<uuid:id>", BudgetView.as_view()),
    path("budgets/<uuid:budget_id>/history", BudgetHistoryView.as_view()),
    path("budgets/<uuid:budget_id>/periods", BudgetPeriodsView.as_view()),
    path("budgets/<uuid:budget_id>/periods/<str:key>", BudgetPeriodView.as_view()),
    path("budgets/<uuid:budget_id>/adjustments", BudgetAdjustmentsView.as_view()),
    path("budgets/<uuid:budget_id>/forecast", BudgetForecastView.as_view()),
    path("budgets/<uuid:budget_id>/backtests", BudgetBackTestsView.as_view()),
    path("budget-templates", BudgetTemplatesView.as_view()),
    path("budget-templates/<uuid:template_id>", BudgetTemplateView.as_view()),
    path("budget-transfers", BudgetTransfersView.as_view()),
    path("budget-requests", BudgetRequestsView.as_view()),
    path("budget-requests/<uuid:request_id>", BudgetRequestView.as_view()),
    path("budget-requests/<uuid:request_id>/approve", RequestApprovalView.as_view()),
    path("budget-requests/<uuid:request_id>/reject", RejectionView.as_view()),
    path("budget-requests/<uuid:request_id>/withdraw", WithdrawalView.as_view()),
    path("budget-checks", BudgetChecksView.as_view()),
    path("budget-decisions", BudgetDecisionsView.as_view()),
    path("budget-decisions/<uuid:txn_id>", BudgetDecisionView.as_view()),
    path("limits", LimitsView.as_view()),
    path("limits/usage", LimitUsageView.as_view()),
    path("limits/<uuid:limit_id>/end", LimitEndView.as_view()),
    path("reports/balances", BalancesReportView.as_view()),
    path("reports/transactions", TransactionsReportView.as_view()),
    path("adjustments", AdjustmentsView.as_view()),
    path("approvals", ApprovalsView.as_view()),
    path("approvals/<uuid:approval_id>", ApprovalView.as_view()),
    path("approvals/<uuid:approval_id>/approve", ApprovalApproveView.as_view()),
    path("approvals/<uuid:approval_id>/reject", ApprovalRejectView.as_view()),
    path("approvals/<uuid:approval_id>/withdraw", ApprovalWithdrawView.as_view()),
    path("approval-rules", ApprovalRulesView.as_view()),
    path("closings", ClosingsView.as_view()),
    path("inbox/events", InboxEventsView.as_view()),
    path("notifications", NotificationsView.as_view()),
    path("notifications/read", ReadView.as_view()),
    path("notification-preferences", PreferencesView.as_view()),
    path("webhook-endpoints", WebhookEndpointsView.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>", WebhookEndpointView.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>/secret", WebhookSecretView.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>/test", WebhookTestView.as_view()),
    path("webhook-endpoints/<uuid:endpoint_id>/deliveries", EndpointDeliveriesView.as_view()),
    path("webhook-deliveries/<uuid:delivery_id>", DeliveryView.as_view()),
    path("webhook-deliveries/<uuid:delivery_id>/resend", ResendView.as_view()),
    path("wallet/balance_transfer", BalanceTransferView.as_view()),
]
