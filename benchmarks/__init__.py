"""What a tick, a session, a replay and a record cost. Benchmarks measure; nothing here passes or fails."""
