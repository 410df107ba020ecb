"""The CloudFormation API, one group of operations a file."""
