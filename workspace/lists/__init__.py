"""The composite lists, declared: trials, sites, subjects, and what was done."""

from workspace.lists.events import EVENTS
from workspace.lists.sites import ALL_SITES, SITE_EDITS, SITES
from workspace.lists.subjects import ALL_SUBJECTS, SUBJECTS
from workspace.lists.trials import TRIALS

__all__ = ["ALL_SITES", "ALL_SUBJECTS", "EVENTS", "SITES", "SITE_EDITS", "SUBJECTS", "TRIALS"]
