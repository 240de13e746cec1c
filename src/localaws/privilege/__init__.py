"""Least privilege, seen: what IAM was asked while the stack ran, and which statement of a policy each answer needed."""
