"""Amazon EventBridge Scheduler: schedules that call AWS at given times."""
