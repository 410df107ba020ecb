"""CloudFormation: templates, change sets, and stacks whose resources are made through public APIs (decision 0002)."""
