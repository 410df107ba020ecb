"""Amazon EventBridge: buses, rules, and events that reach their targets."""
