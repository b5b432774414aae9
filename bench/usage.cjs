// Loaded into a measured Node process by --require: leaves behind what the process used, at its very end.
const { readFileSync, writeFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const file = process.env.LIBERATE_BENCH_USAGE;

/**
 * Kilobytes. The kernel's maxRSS of a child counts the parent's pages too, as they were between fork and exec;
 * VmHWM begins anew at the exec.
 */
function peak() {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

if (isMainThread && file) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    writeFileSync(file, JSON.stringify({ cpuMicroseconds: userCPUTime + systemCPUTime, peakKilobytes: peak() }));
  });
}
