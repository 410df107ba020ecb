"""The programs that run inside a function's own process: one for Python, one for Node.js."""
