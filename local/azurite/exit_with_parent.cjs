// Loaded by Node before Azurite. The host holds the other end of stdin: when the host goes,
// however it goes, stdin ends, and Azurite writes its tables to disk and stops.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
