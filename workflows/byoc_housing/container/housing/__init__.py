"""Gradient-boosted trees on housing prices, trained and served on the SageMaker container contract."""
