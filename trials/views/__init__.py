"""The pages of trials: import, schedule of activities, approval, facts."""
