"""Rules and schedules: what starts a workflow, and who hears of jobs, endpoints and executions."""
