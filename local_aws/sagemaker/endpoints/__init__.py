"""Models, endpoint configurations, endpoints and the containers behind them."""
