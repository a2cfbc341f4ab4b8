"""Every write about places, their people and sites."""
