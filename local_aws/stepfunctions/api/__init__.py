"""The operations of Step Functions' API, and what they keep."""
