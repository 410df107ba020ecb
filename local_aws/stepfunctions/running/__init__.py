"""Executions: the engine, the interpreter, histories and what they tell the account."""
