"""What a deployment would change of the workflows: what ``mlops diff`` tells."""
