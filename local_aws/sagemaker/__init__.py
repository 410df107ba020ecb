"""SageMaker: training jobs, models, endpoints and the runtime that invokes them."""
