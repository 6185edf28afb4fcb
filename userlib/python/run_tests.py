# SPDX-License-Identifier: MIT
"""Runs pytest on the files that are its arguments, and prints TAP instead of its report."""

from __future__ import annotations

import os
import sys
from typing import Any, List, TextIO

import pytest


class Tap:
    """Prints the plan, and one result for each test."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.number = 0

    def say(self, line: str) -> None:
        print(line, file=self.stream, flush=True)

    def explain(self, report: Any) -> None:
        for line in str(report.longreprtext).splitlines():
            self.say(f"#   {line}")

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.explain(report)
            self.say(f"not ok - {report.nodeid} cannot be read")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.say(f"TAP version 13\n1..{len(session.items)}")

    def pytest_runtest_logreport(self, report: Any) -> None:
        """There is one report each for the setup, the call and the teardown."""
        if report.when != "call" and report.passed:
            return
        if report.failed:
            self.explain(report)
        self.number += 1
        name = "python_" + report.nodeid.split("::", 1)[1].replace("test_", "", 1)
        reason = f" # SKIP {report.longrepr[2]}" if report.skipped else ""
        self.say(f"{'not ' if report.failed else ''}ok {self.number} - {name}{reason}")


def main(files: List[str]) -> int:
    # pytest writes its own report to the standard output.
    with os.fdopen(os.dup(1), "w") as stream, open(os.devnull, "w") as null:
        os.dup2(null.fileno(), 1)
        # No files beside the tests. A warning of the module, or what is left open, is a
        # failure; but not what a newer Python warns of in pytest.
        return int(pytest.main(
            ["-p", "no:cacheprovider", "--tb=short", "-W", "error:::icmpecho",
             "-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning",
             *files], plugins=[Tap(stream)]))


sys.dont_write_bytecode = True
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
