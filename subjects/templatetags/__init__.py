"""Tags of subjects and their visits."""
