/** Preloaded into a process: says on stderr at its end how many seconds of processor time it took. */
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write(`\nprocessor seconds: ${(user + system) / 1e6}\n`);
});
