from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from ledger.selectors.sealed_logs import LOGS, SealedLog
from ledger.services.seal_verification import SealReport, verify_seals


class Command(BaseCommand):
    help = "Check that nothing sealed was changed; exits non-zero with the first row of each kind that was."

    def handle(self, *args: Any, **options: Any) -> None:
        broken: list[str] = []
        for log in LOGS:
            report = _verify(log)
            if report.finding is not None:
                broken.append(str(report.finding))
                continue
            told = f"{report.leaves} {log.contents} are as {report.seals} {log.title}s say."
            self.stdout.write(self.style.SUCCESS(told))
        if broken:
            raise CommandError(f"Broken: {'; '.join(broken)}")


def _verify(log: SealedLog) -> SealReport:
    with Progress() as bar:
        task = bar.add_task(f"Checking {log.contents}", total=None)
        return verify_seals(lambda done, total: bar.update(task, completed=done, total=total), log=log)
