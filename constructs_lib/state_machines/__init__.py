"""Workflows on Step Functions."""
