/** A sandbox in which alice may write on a cluster that counts as production, so that her writes are kept for undo. */
import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { makeTempDir } from './io.ts';
import { type ChildResult, cleanEnv, run, sandboxEnv } from './program.ts';

export interface UndoWorld {
  readonly env: Record<string, string>;
  readonly zkubectl: (...argv: string[]) => Promise<ChildResult>;
  /** kubectl itself: nothing is kept. */
  readonly kubectl: (...argv: string[]) => Promise<ChildResult>;
  /** What a person means by the object: without status, identity and what the server sets. Undefined: there is no such object. */
  readonly stateOf: (name: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export interface GuardedSandbox {
  readonly base: Record<string, string>;
  readonly env: Record<string, string>;
  readonly close: () => Promise<void>;
}

/** Alice in a sandbox of its own, with a registry in which its clusters have other environments. */
export async function guardedSandbox(environmentOf: (alias: unknown) => string): Promise<GuardedSandbox> {
  const base = cleanEnv();
  expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
  const made = await sandboxEnv(base, '--user', 'alice');
  expect(await run(['login', 'foobarlab-test'], made)).toMatchObject({ code: 0 });
  const { stdout } = await run(['list', '-o', 'json'], made);
  const { items } = JSON.parse(stdout) as { items: Record<string, unknown>[] };
  const file = path.join(makeTempDir(), 'clusters.yaml');
  const clusters = items.map(item => ({ ...item, environment: environmentOf(item['alias']) }));
  fs.writeFileSync(file, JSON.stringify({ clusters }));
  const close = async () => {
    expect(await run(['sandbox', 'down', '--delete'], base)).toMatchObject({ code: 0 });
  };
  return { base, env: { ...made, ZKUBECTL_REGISTRY_FILE: file }, close };
}

export async function undoWorld(): Promise<UndoWorld> {
  const { env, close } = await guardedSandbox(() => 'production');
  const zkubectl = (...argv: string[]) => run(argv, env);
  const kubectl = (...argv: string[]) => zkubectl('kubectl', ...argv);
  expect(await zkubectl('login', 'foobarlab-test')).toMatchObject({ code: 0 });
  expect(await zkubectl('use', 'foobarlab-test', '-n', 'shop')).toMatchObject({ code: 0 });
  const stateOf = async (name: string): Promise<unknown> => {
    const { stdout } = await kubectl('get', name, '-n', 'shop', '--ignore-not-found', '-o', 'json');
    if (stdout === '') return undefined;
    const { metadata, status: _, ...rest } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    const { 'deployment.kubernetes.io/revision': __, ...annotations } = (metadata?.['annotations'] ?? {}) as Record<
      string,
      unknown
    >;
    return { ...rest, labels: metadata?.['labels'] ?? {}, annotations, finalizers: metadata?.['finalizers'] };
  };
  return { env, zkubectl, kubectl, stateOf, close };
}
