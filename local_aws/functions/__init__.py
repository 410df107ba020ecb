"""AWS Lambda: functions whose real handlers run in processes of their own."""
