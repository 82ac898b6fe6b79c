"""The doctor beside the runs."""

from __future__ import annotations

from typing import Any

from glassnet.lab.run import Run


class Clinic:
    """Looks at runs as they go."""

    def come_round(self, run: Run) -> None:
        """Called while a run stands still."""

    def findings(self, run: Run) -> list[dict[str, Any]]:
        """What has been found in a run."""
        return []

    def forget(self, run: Run) -> None:
        """A run is another from here on."""

    def close(self) -> None:
        """See nobody more."""
