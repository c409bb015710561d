// Preloaded into a child process. Counts its file operations and makes operation BREAK_AT fail; with an error code, all later operations fail, too.
// BREAK_HOW: `kill` (SIGKILL, in the middle of a write) or an error code such as ENOSPC. BREAK_COUNT: a file for the number of operations.
'use strict';
const fs = require('node:fs');
const at = Number(process.env.BREAK_AT || 0);
const how = process.env.BREAK_HOW || 'kill';
let step = 0;

const real = { ...fs };
const isOurs = target => typeof target !== 'number' || target > 2;
const isForWriting = flags =>
  typeof flags === 'number'
    ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0
    : /[wax+]/.test(flags ?? 'r');
/** The operations that fail with ENOSPC. Other operations need no disk space. */
const needsRoom = new Set([
  'linkSync',
  'openSync',
  'writeFileSync',
  'writeSync',
  'appendFileSync',
  'mkdirSync',
  'fsyncSync',
]);

function fail(name, target) {
  if (how === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    // Wait for the signal.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
  }
  throw Object.assign(new Error(`${how}: broken on purpose, ${name} '${target}'`), { code: how, syscall: name });
}

function breaksNow(name) {
  step++;
  if (at === 0 || step < at) return false;
  if (how === 'kill') return step === at;
  return how !== 'ENOSPC' || needsRoom.has(name);
}

for (const name of [
  'openSync',
  'writeFileSync',
  'writeSync',
  'appendFileSync',
  'fsyncSync',
  'fchmodSync',
  'fchownSync',
  'chmodSync',
  'renameSync',
  'linkSync',
  'rmSync',
  'unlinkSync',
  'rmdirSync',
  'mkdirSync',
]) {
  fs[name] = (target, ...rest) => {
    const counts =
      isOurs(target) &&
      (name !== 'openSync' || isForWriting(rest[0])) &&
      (name !== 'mkdirSync' || !real.existsSync(target));
    if (!counts || !breaksNow(name)) return real[name].call(fs, target, ...rest);
    if (name === 'writeFileSync' && typeof target === 'number') {
      // Write the first half of the data.
      const data = Buffer.from(rest[0]);
      real.writeSync(target, data.subarray(0, data.length >> 1));
    }
    return fail(name, target);
  };
}

process.on('exit', () => {
  if (process.env.BREAK_COUNT) real.writeFileSync(process.env.BREAK_COUNT, String(step));
});
