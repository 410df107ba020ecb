"""Prices of houses: what the jobs of the workflow and its endpoint share."""
