// Loaded by Node before Azurite. The host holds the other end of stdin: when the host goes,
// however it goes, stdin ends, and Azurite writes its tables to disk and stops.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
// Listening to stdin alone must not keep the process alive once its servers have closed.
process.stdin.unref();
