"""Reports of a session, made from its file."""
