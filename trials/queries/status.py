"""How the status of a trial is shown."""

from __future__ import annotations

from trials.models import Trial

T = Trial.Status
TRIAL_CHIPS: dict[str, str] = {
    T.RECRUITING: "ok", T.START_UP: "info", T.RECRUITMENT_CLOSED: "info", T.FOLLOW_UP: "info",
    T.ON_HOLD: "warn", T.TERMINATED: "crit", T.LOCKED: "plum",
}  # fmt: skip
