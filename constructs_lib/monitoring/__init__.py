"""Hearing of what goes wrong: topics and alarms."""
