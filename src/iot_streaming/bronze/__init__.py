"""Landing files in, typed and flagged bronze rows out: every line, exactly once."""
