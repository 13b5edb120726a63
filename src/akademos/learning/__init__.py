"""The rules of the learning records: scoring, completion, publishing, review, credentials, paths, maturity."""
