// Loaded by Node before Azurite. The host holds the other end of stdin: when the host ends, in
// whatever way, stdin ends, and Azurite writes its tables to disk and stops.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
// Listening to stdin alone must not keep the process alive once its servers have closed.
process.stdin.unref();
// The host also reads the output. A write to the closed pipe must not end the process before the
// tables are written.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
