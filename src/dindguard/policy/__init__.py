"""What silences findings, and who answers for it."""
