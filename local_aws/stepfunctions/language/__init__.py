"""The Amazon States Language: paths, expressions, choices, and a definition compiled from its JSON."""
