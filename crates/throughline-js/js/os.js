// `node:os`, as far as a program asks where it runs and how many threads pay.
'use strict';

const { binding } = internal;

const onLinux = (file) => binding.readText(file)?.trim();
// A line of /proc/meminfo, in bytes.
const memory = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(onLinux('/proc/meminfo') ?? '')?.[1] ?? 0) * 1024;

const TYPES = { linux: 'Linux', darwin: 'Darwin', win32: 'Windows_NT' };

module.exports = {
  EOL: process.platform === 'win32' ? '\r\n' : '\n',
  devNull: process.platform === 'win32' ? '\\\\.\\nul' : '/dev/null',
  arch: () => process.arch,
  availableParallelism: () => binding.parallelism(),
  endianness: () => (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'LE' : 'BE'),
  constants: { signals: { ...require('internal/signals').signals } },
  freemem: () => memory('MemAvailable'),
  homedir: () => process.env.HOME ?? '/',
  hostname: () => onLinux('/proc/sys/kernel/hostname') ?? process.env.HOSTNAME ?? 'localhost',
  platform: () => process.platform,
  release: () => onLinux('/proc/sys/kernel/osrelease') ?? '',
  totalmem: () => memory('MemTotal'),
  tmpdir: () => (process.env.TMPDIR || process.env.TMP || process.env.TEMP || '/tmp').replace(/(.)\/$/, '$1'),
  type: () => TYPES[process.platform] ?? process.platform,
  uptime: () => Number.parseFloat(onLinux('/proc/uptime') ?? '0'),
};
