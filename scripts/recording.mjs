// Records an emergency access in two real terminals, alice's and bob's: a recording of each (asciinema v2), and emergency.svg with both for the
// README. The program, kubectl, the shells and the sandbox are real. This script types the commands and cuts waits to PAUSE seconds.
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as pty from '@lydell/node-pty';
import { expect, Failed, makeCompany, ZKUBECTL } from './company.mjs';
import { toSvg } from './recording/svg.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const COLUMNS = 100;
const ROWS = { alice: 48, bob: 18 };
const KEY = 0.045;
const PAUSE = 1.6;
const PROMPT = '$ ';

const company = await makeCompany();

/** The time of the recording (seconds), which both terminals share. Waits longer than PAUSE are cut, and keys are typed at an even pace. */
const clock = { seconds: 0, last: performance.now(), typing: false };

function tick() {
  const now = performance.now();
  clock.seconds += clock.typing ? KEY : Math.min((now - clock.last) / 1000, PAUSE);
  clock.last = now;
  return Number(clock.seconds.toFixed(3));
}

function rest(seconds) {
  clock.seconds += seconds;
}

/** Records a shell: its output with timestamps. */
async function record(env, rows) {
  const bin = path.join(company.home, 'bin');
  mkdirSync(bin, { recursive: true });
  if (!existsSync(path.join(bin, 'zkubectl'))) symlinkSync(ZKUBECTL, path.join(bin, 'zkubectl'));
  const inputrc = path.join(company.home, 'inputrc');
  writeFileSync(inputrc, 'set enable-bracketed-paste off\n');
  const shell = pty.spawn('bash', ['--noprofile', '--norc'], {
    name: 'xterm-256color',
    cols: COLUMNS,
    rows,
    cwd: company.home,
    env: { ...env, TERM: 'xterm-256color', PS1: PROMPT, INPUTRC: inputrc, PATH: `${bin}${path.delimiter}${env.PATH}` },
  });
  const events = [];
  let seen = '';
  shell.onData(data => {
    events.push([tick(), 'o', data]);
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
      clock.last = performance.now();
      clock.typing = true;
      shell.write(key);
      await until(/./s, `the echo of ${key}`);
    }
    clock.typing = false;
  };
  const enter = () => {
    seen = '';
    clock.last = performance.now();
    shell.write('\r');
  };
  const command = async (line, shows = DONE) => {
    await type(line);
    rest(0.4);
    enter();
    await until(shows, line);
    rest(1.2);
  };
  /** Answers a question of the running command. */
  const answer = async (text, shows = DONE) => {
    await type(text);
    rest(0.4);
    enter();
    await until(shows, `the answer ${text}`);
    rest(1);
  };
  return { shell, events, until, command, answer };
}

const DONE = /\n\$ $/;

async function tell() {
  await company.up();
  const alice = await company.userEnv('alice');
  const bob = await company.userEnv('bob');
  for (const user of [alice, bob]) expect(await company.run(user, ['login', 'foobarlab']), 0, /logged in/, 'login');
  expect(await company.run(alice, ['use', 'abckub-test']), 0, /switched/, 'use');
  const { output } = await company.run(alice, ['get', 'pods', '-n', 'shop', '--context', 'foobarlab', '-o', 'name']);
  const pod = /pod\/(checkout-\S+)/.exec(output)?.[1];

  const [left, right] = [await record(alice, ROWS.alice), await record(bob, ROWS.bob)];
  for (const terminal of [left, right]) await terminal.until(/\$ $/, 'the prompt');
  rest(0.8);
  await left.command('zkubectl use foobarlab -n shop');
  await left.command(`zkubectl delete pod ${pod}`);
  rest(1.5);
  const asked = left.command('zkubectl emergency -i INC-1234 checkout is down');
  const key = await company.openRequestKey(alice);
  await new Promise(resolve => setTimeout(resolve, 2000));
  await right.command(`zkubectl cluster-access approve ${key} --cluster foobarlab`, /approve the request/);
  rest(1.5);
  await right.answer('y');
  await asked;
  await left.command('zkubectl delete deployment checkout', /type foobarlab/);
  rest(1.5);
  await left.answer('foobarlab');
  await left.command('zkubectl undo', /type foobarlab|\(y\/N\)/);
  rest(1.5);
  await left.answer('foobarlab');
  await left.command('zkubectl incident INC-1234');
  left.shell.kill();
  right.shell.kill();
  return { alice: left.events, bob: right.events };
}

try {
  const story = await tell();
  const dir = path.join(root, 'docs', 'recording');
  mkdirSync(dir, { recursive: true });
  const panes = Object.entries(ROWS).map(([user, height]) => ({
    title: user,
    width: COLUMNS,
    height,
    events: story[user],
  }));
  for (const { title, width, height, events } of panes) {
    const header = {
      version: 2,
      width,
      height,
      title: `zkubectl: the emergency, ${title}`,
      env: { SHELL: '/bin/bash', TERM: 'xterm-256color' },
    };
    const lines = [header, ...events].map(line => `${JSON.stringify(line)}\n`);
    writeFileSync(path.join(dir, `emergency-${title}.cast`), lines.join(''));
  }
  writeFileSync(path.join(dir, 'emergency.svg'), await toSvg('zkubectl: the emergency', panes));
  console.log(`recorded ${clock.seconds.toFixed(1)} s, in docs/recording`);
} finally {
  await company.end();
}
