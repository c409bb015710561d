/** TAB in real shells, through a pseudo-terminal: the line after it is what the shell made of what the program said. */
import fs from 'node:fs';
import path from 'node:path';
import * as pty from '@lydell/node-pty';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { manyClusters, saveSnapshot } from '../support/many-clusters.ts';
import { cleanEnv, isThere, putOnPath, run, sandboxEnv } from '../support/program.ts';

interface Shell {
  readonly argv: readonly string[];
  /** Makes the prompt `READY>`, and loads the script. */
  readonly init: string;
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: {
    argv: ['bash', '--norc', '--noprofile'],
    init: "PS1='READ''Y>'; bind 'set enable-bracketed-paste off'; source <(zkubectl completion bash)",
  },
  zsh: {
    argv: ['zsh', '-f'],
    init: "PS1='READ''Y>'; unsetopt prompt_cr prompt_sp; autoload -U compinit; compinit -u; source <(zkubectl completion zsh)",
  },
  fish: {
    argv: ['fish', '--no-config'],
    init: "function fish_prompt; echo -n 'READ''Y>'; end; set -g fish_autosuggestion_enabled 0; zkubectl completion fish | source",
  },
};

let base: Record<string, string>;
let alice: Record<string, string>;
beforeAll(async () => {
  base = cleanEnv();
  putOnPath(base);
  expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
  alice = await sandboxEnv(base, '--user', 'alice');
  expect(await run(['login', 'foobarlab'], alice)).toMatchObject({ code: 0 });
  expect(await run(['list'], alice)).toMatchObject({ code: 0 });
  // What kubectl knows of the API's types is known from the first time on.
  await vi.waitFor(
    async () => expect((await run(['__complete', 'get', 'deploym'], alice)).stdout).toContain('deployments'),
    {
      timeout: 90_000,
    },
  );
});
afterAll(async () => {
  await run(['sandbox', 'down', '--delete'], base);
});

const open: pty.IPty[] = [];
afterEach(() => {
  for (const child of open.splice(0)) child.kill('SIGKILL');
});

async function start({ argv, init }: Shell, env = alice) {
  const [file = '', ...args] = argv;
  const child = pty.spawn(file, args, {
    name: 'xterm',
    cols: 120,
    rows: 40,
    cwd: base['HOME'] ?? '',
    env: { ...env, TERM: 'xterm' },
  });
  open.push(child);
  let screen = '';
  child.onData(text => {
    screen += text;
  });
  const text = () =>
    screen
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal gets
      .replace(/\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[[(][0-9;?<>=]*[A-Za-z]|\x1b[=>]|\x1b[78]/g, '')
      // zsh beeps when a TAB found nothing, in the middle of the line that the next one completes.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal gets
      .replace(/\x07/g, '');
  const shows = (what: string | RegExp) =>
    vi.waitFor(() => expect(text()).toMatch(what), { timeout: 90_000, interval: 30 });
  child.write(`${init}\r`);
  await shows('READY>');
  /** Presses TAB after `line`, which may end with one already, until the screen shows it. */
  const tab = async (line: string, expected: string | RegExp) => {
    screen = '';
    // Not Ctrl-C: one that meets a completion which still runs leaves bash without a prompt.
    child.write('\x15\r');
    await shows('READY>');
    screen = '';
    child.write(line);
    let waited = 0;
    await vi.waitFor(
      () => {
        // A machine under load may need another one.
        if (waited++ % 40 === 0) child.write('\t');
        expect(text()).toMatch(expected);
      },
      { timeout: 90_000, interval: 50 },
    );
  };
  return { child, tab, text };
}

describe.each(Object.keys(SHELLS))('TAB in %s', name => {
  const shell = SHELLS[name] as Shell;
  /** In bash a list takes a second TAB. */
  const again = name === 'bash' ? '\t' : '';

  test.skipIf(!isThere(name))('commands, clusters, ids, flags with their values, and what is kubectl’s', async () => {
    const { tab } = await start(shell);
    await tab('zkubectl cluster-up', 'zkubectl cluster-update');
    await tab('zkubectl use abckub-', 'zkubectl use abckub-test ');
    await tab('zkubectl use aws:1237', 'zkubectl use aws:123740508747:eu-central-1:kube-1');
    await tab(
      `zkubectl use foo${again}`,
      /foobarlab +(-- |\()production stable[\s\S]*foobarlab-test +(-- |\()test beta/,
    );
    await tab('zkubectl list --environment=pr', 'zkubectl list --environment=production');
    await tab('zkubectl list -l channel=beta,environment=t', 'channel=beta,environment=test');
    await tab('zkubectl get pods -n kube-n', 'zkubectl get pods -n kube-node-lease');
    await tab('zkubectl get deploym', 'zkubectl get deployments.apps');
    await tab('zkubectl -n shop rollout stat', 'rollout status');
    await tab('zkubectl ns moni', 'zkubectl ns monitoring');
  });

  test.skipIf(!isThere(name))('no word that was typed is run, and no hostile name is inserted', async () => {
    const home = base['HOME'] ?? '';
    const config = path.join(home, `hostile-${name}`);
    const names = ['evil-$(touch pwned)', 'evil-`touch pwned`', 'evil-;touch pwned;', 'evil-plain'];
    const document = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      contexts: names.map(context => ({ name: context, context: { cluster: 'c', user: 'u' } })),
    };
    fs.writeFileSync(config, JSON.stringify(document));
    const { tab } = await start(shell, { ...alice, KUBECONFIG: config });
    await tab('zkubectl --context evil', 'zkubectl --context evil-plain');
    await tab("zkubectl use '$(touch pwned)' --colo", '--color');
    expect(fs.existsSync(path.join(home, 'pwned'))).toBe(false);
  });

  test.skipIf(!isThere(name))('10,000 clusters', async () => {
    const home = path.join(base['HOME'] ?? '', `many-${name}`);
    const origin = /registry:\n +url: (\S+)/.exec(fs.readFileSync(alice['ZKUBECTL_CONFIG'] ?? '', 'utf8'))?.[1] ?? '';
    saveSnapshot(path.join(home, 'zkubectl'), origin, manyClusters(10_000));
    const { tab } = await start(shell, {
      ...alice,
      ZKUBECTL_CACHE_DIR: path.join(home, 'zkubectl'),
      ZKUBECTL_STATE_DIR: path.join(home, 'zkubectl'),
    });
    await tab(`zkubectl use team-471${again}`, /team-4719/);
    await tab('zkubectl show team-4711', 'zkubectl show team-4711 ');
  });
});
