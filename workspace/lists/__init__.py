"""The composite lists, declared: trials, sites, subjects, and what was done."""

from workspace.lists.events import EVENTS
from workspace.lists.sites import SITE_EDITS, SITES
from workspace.lists.subjects import SUBJECTS
from workspace.lists.trials import TRIALS

__all__ = ["EVENTS", "SITES", "SITE_EDITS", "SUBJECTS", "TRIALS"]
