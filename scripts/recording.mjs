// Records an emergency access in a real terminal: docs/recording/emergency.cast (asciinema v2) and emergency.svg for the README. The program,
// kubectl, the shell and the sandbox are real. This script types the commands and cuts waits to PAUSE seconds. bob approves in a hidden terminal.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as pty from '@lydell/node-pty';
import { expect, Failed, makeCompany, ZKUBECTL } from './company.mjs';
import { toSvg } from './recording/svg.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const COLUMNS = 100;
const ROWS = 36;
const KEY = 0.045;
const PAUSE = 1.6;
const PROMPT = '$ ';

const company = await makeCompany();

/** Records a shell: its output with timestamps. Waits longer than PAUSE are cut, and keys are typed at an even pace. */
async function record(env) {
  const bin = path.join(company.home, 'bin');
  mkdirSync(bin);
  symlinkSync(ZKUBECTL, path.join(bin, 'zkubectl'));
  const inputrc = path.join(company.home, 'inputrc');
  writeFileSync(inputrc, 'set enable-bracketed-paste off\n');
  const shell = pty.spawn('bash', ['--noprofile', '--norc'], {
    name: 'xterm-256color',
    cols: COLUMNS,
    rows: ROWS,
    cwd: company.home,
    env: { ...env, TERM: 'xterm-256color', PS1: PROMPT, INPUTRC: inputrc, PATH: `${bin}${path.delimiter}${env.PATH}` },
  });
  const events = [];
  let clock = 0;
  let last = performance.now();
  let typing = false;
  let seen = '';
  shell.onData(data => {
    const now = performance.now();
    clock += typing ? KEY : Math.min((now - last) / 1000, PAUSE);
    last = now;
    events.push([Number(clock.toFixed(3)), 'o', data]);
    seen += data;
  });
  const until = async (pattern, what) => {
    const limit = Date.now() + 120_000;
    while (!pattern.test(seen)) {
      if (Date.now() > limit) throw new Failed(`${what}: ${pattern} not found in the output\n${seen}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };
  /** Types text key by key. Waits for the echo of each key before the next one. */
  const type = async text => {
    for (const key of text) {
      seen = '';
      last = performance.now();
      typing = true;
      shell.write(key);
      await until(/./s, `the echo of ${key}`);
    }
    typing = false;
  };
  const rest = seconds => {
    clock += seconds;
  };
  const enter = () => {
    seen = '';
    last = performance.now();
    shell.write('\r');
  };
  return { shell, events, until, type, rest, enter };
}

const DONE = /\n\$ $/;

async function story() {
  await company.up();
  const alice = await company.userEnv('alice');
  const bob = await company.userEnv('bob');
  for (const user of [alice, bob]) expect(await company.run(user, ['login', 'foobarlab']), 0, /logged in/, 'login');
  expect(await company.run(alice, ['use', 'abckub-test']), 0, /switched/, 'use');
  const { output } = await company.run(alice, ['get', 'pods', '-n', 'shop', '--context', 'foobarlab', '-o', 'name']);
  const pod = /pod\/(checkout-\S+)/.exec(output)?.[1];

  const terminal = await record(alice);
  const { type, until, rest, enter } = terminal;
  const command = async (line, shows = DONE) => {
    await type(line);
    rest(0.4);
    enter();
    await until(shows, line);
    rest(1.2);
  };
  await until(/\$ $/, 'the prompt');
  rest(0.8);
  await command('zkubectl use foobarlab -n shop');
  await command(`zkubectl delete pod ${pod}`);
  rest(1.5);
  const asked = command('zkubectl emergency -i INC-1234 checkout is down');
  const key = await company.openRequestKey(alice);
  await new Promise(resolve => setTimeout(resolve, 3000));
  expect(await company.run(bob, ['cluster-access', 'approve', key, '--yes']), 0, /is approved/, 'approve');
  await asked;
  await command(`zkubectl delete pod ${pod}`, /type foobarlab/);
  await type('foobarlab');
  rest(0.4);
  enter();
  await until(DONE, 'the deletion');
  rest(1);
  await command('zkubectl whoami');
  terminal.shell.kill();
  return terminal.events;
}

try {
  const events = await story();
  const header = {
    version: 2,
    width: COLUMNS,
    height: ROWS,
    title: 'zkubectl: the emergency',
    env: { SHELL: '/bin/bash', TERM: 'xterm-256color' },
  };
  const dir = path.join(root, 'docs', 'recording');
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    path.join(dir, 'emergency.cast'),
    [header, ...events].map(line => `${JSON.stringify(line)}\n`).join(''),
  );
  const { width, height, title } = header;
  writeFileSync(path.join(dir, 'emergency.svg'), await toSvg({ width, height, title, events }));
  console.log(`recorded ${events.length} events, ${events.at(-1)[0]} s, in docs/recording`);
} finally {
  await company.end();
}
