"""Starting and stopping, settings, and what the service writes and sends."""
