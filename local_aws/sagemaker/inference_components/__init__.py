"""Inference components: models on endpoints that models share."""
