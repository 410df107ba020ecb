"""Rules of definitions that somebody else wrote: state machines, and documents of pipelines."""
