// Loaded by Node before Azurite. The host holds the other end of stdin: when the host goes,
// however it goes, stdin ends, and Azurite writes its tables to disk and stops.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
// Listening to stdin alone must not keep the process alive once its servers have closed.
process.stdin.unref();
// The host was also the reader of the output; a line that nobody reads must not be the end before
// the tables are written.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
