"""A Ghost site's export made into articles and readers of ours (docs/operations.md, "Coming from Ghost")."""
