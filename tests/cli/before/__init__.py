"""What a task took before its command: programs with Microsoft's SDKs, whose lines are counted."""
