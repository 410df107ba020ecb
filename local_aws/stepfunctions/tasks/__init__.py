"""What Task states do: integrations, jobs, tokens, activities, and the rights they have."""
