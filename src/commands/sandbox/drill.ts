/**
 * `sandbox drill`: walks a person through an incident, in a sandbox of its own. bob, who approves, is simulated.
 * Rules: a step is done when its effect is seen. The sandbox and its folder are gone when the drill ends, however it ends.
 */
import { parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { CliError, UsageError } from '../../errors.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { formatSeconds } from '../../lib/time.ts';
import { styleFor } from '../../output/style.ts';
import { printList, type View } from '../../output/view.ts';
import { makePrivateTempDir, removeDir } from '../../platform/files/files.ts';
import { isInteractive } from '../../platform/io.ts';
import { commandWords } from '../../platform/process/command-words.ts';
import { Actor } from './drill-actor.ts';
import { MAY_WRITE, type Scene, STEPS, type Step } from './drill-steps.ts';

export interface DrillOptions {
  readonly grantTtlSeconds: number | undefined;
}

/** The steps with access take some seconds. */
const LEAST_GRANT_TTL = 20;
/** Typed: long enough to type the commands (seconds). */
const GRANT_TTL = { typed: 120, unattended: 40 };
const TOKEN_TTL_SECONDS = 900;
const BOB_WAITS_MS = 2_000;
const POLL_MS = 500;
/** Access may end a little late: the API server checks it when the token ends (milliseconds). */
const LATE_MS = 60_000;

interface DoneStep {
  readonly number: number;
  readonly name: string;
  readonly command: string;
  readonly seconds: number;
}

export const sandboxDrillCommand: CommandDefinition<DrillOptions> = {
  texts: {
    summary: 'practise an incident, step by step',
    description:
      'Walks you through an incident in a sandbox of its own: login, request, approval by a simulated colleague, work, undo, the end of the access, and the time line. At each step, press Enter to run the command that is shown, or type another one. Shows how many seconds each step took. With --yes, it runs by itself.',
    examples: ['zkubectl sandbox drill', 'zkubectl sandbox drill --yes', 'zkubectl sandbox drill --grant-ttl 5m'],
  },
  declare: command => {
    command.option('--grant-ttl <DURATION>', 'how long the access lasts (default: 120s; with --yes: 40s)');
  },
  options: (_, flags: { grantTtl?: string }) => ({
    grantTtlSeconds:
      flags.grantTtl === undefined ? undefined : parseSpan('--grant-ttl', flags.grantTtl, LEAST_GRANT_TTL),
  }),
  run: runDrill,
};

export async function runDrill(ctx: Context, options: DrillOptions): Promise<void> {
  const isTyped = !ctx.globals.yes;
  if (isTyped && !isInteractive(ctx.io))
    throw new UsageError('a drill needs a terminal', { code: 'needs_yes', hint: 'to let it run by itself: --yes' });
  const kubectl = await ctx.kubectl();
  const { startSandbox } = await import('../../sandbox/sandbox.ts');
  const dir = makePrivateTempDir();
  const cancel = ctx.io.onExit(() => removeDir(dir));
  const grantTtlMs = 1000 * (options.grantTtlSeconds ?? (isTyped ? GRANT_TTL.typed : GRANT_TTL.unattended));
  try {
    const sandbox = await startSandbox({
      dir,
      now: () => ctx.io.now(),
      grantTtlMs,
      tokenTtlSeconds: TOKEN_TTL_SECONDS,
    });
    try {
      const { info } = sandbox;
      const [alice, bob] = ['alice', 'bob'].map(name => new Actor(ctx, { name, dir, info, kubectl })) as [Actor, Actor];
      await new Drill(ctx, alice, bob).run(isTyped);
    } finally {
      await sandbox.close();
    }
  } finally {
    cancel();
    removeDir(dir);
  }
}

class Drill {
  readonly #ctx: Context;
  readonly #alice: Actor;
  readonly #bob: Actor;

  constructor(ctx: Context, alice: Actor, bob: Actor) {
    this.#ctx = ctx;
    this.#alice = alice;
    this.#bob = bob;
  }

  async run(isTyped: boolean): Promise<void> {
    const { io, globals, messages } = this.#ctx;
    const style = await styleFor(io, 'stderr', globals.color);
    const done: DoneStep[] = [];
    if ((await this.#bob.quietly(['login', 'foobarlab'])).code !== 0)
      throw new CliError('the drill could not start: the login of bob failed', { code: 'drill_failed' });
    for (const [index, step] of STEPS.entries()) {
      const number = index + 1;
      if (step.isAfterAccess) await this.#accessEnds();
      io.stderr.write(`\n${style.bold(`${number}/${STEPS.length} ${step.text}`)}\n`);
      const begun = io.now().getTime();
      const command = isTyped ? await this.#byPerson(step) : await this.#byItself(step, style.cyan);
      done.push({ number, name: step.name, command, seconds: (io.now().getTime() - begun) / 1000 });
    }
    io.stderr.write(`\n${style.bold('The drill is over. The seconds of each step:')}\n`);
    await printList(io, STEP_VIEW, done, { format: 'table', color: globals.color });
    const total = done.reduce((sum, { seconds }) => sum + seconds, 0);
    messages.say(`${done.length} steps in ${formatSeconds(total)}`);
  }

  /** Runs a step's command. Throws CliError (1) when the step is not done by it. */
  async #byItself(step: Step, paint: (text: string) => string): Promise<string> {
    const scene = await this.#scene();
    const line = [...step.line(scene), ...(step.asks ? ['--yes'] : [])];
    this.#ctx.io.stderr.write(`${paint(`$ zkubectl ${line.join(' ')}`)}\n`);
    const code = await this.#runAsAlice(line);
    if (await this.#isDone(step, line, code)) return line.join(' ');
    throw new CliError(
      code === step.exitCode
        ? `step "${step.name}" failed: its effect was not seen`
        : `step "${step.name}" failed: exit code ${code}, expected ${step.exitCode}`,
      {
        code: 'drill_failed',
      },
    );
  }

  /** Lets the person type until the step is done. */
  async #byPerson(step: Step): Promise<string> {
    const { io, messages } = this.#ctx;
    for (;;) {
      const suggested = step.line(await this.#scene());
      messages.say(`type a command, or press Enter for: zkubectl ${suggested.map(shellWord).join(' ')}`);
      const typed = await commandWords(await io.prompt.input('zkubectl'));
      const words = typed[0] === 'zkubectl' ? typed.slice(1) : typed;
      const line = words.length === 0 ? suggested : words;
      const code = await this.#runAsAlice(line);
      if (await this.#isDone(step, line, code)) return line.join(' ');
      messages.say(`this step is not done yet (exit code ${code})`);
    }
  }

  async #isDone(step: Step, line: readonly string[], code: number): Promise<boolean> {
    const { proof, matches, exitCode } = step;
    const isMeant = matches?.test(line.join(' ')) ?? line[0] === step.line({ pod: undefined })[0];
    const isHelp = line.some(word => word === '--help' || word === '-h');
    if (!isMeant || isHelp || code !== exitCode) return false;
    if (proof === undefined) return true;
    const seen = await this.#alice.quietly(proof.line);
    return seen.code === proof.exitCode && (proof.says?.test(`${seen.stdout}${seen.stderr}`) ?? true);
  }

  /** While alice's command runs, bob approves what she requests. */
  async #runAsAlice(line: readonly string[]): Promise<number> {
    let isRunning = true;
    const mayRequest = /^(em|cluster-a)/.test(line[0] ?? '');
    const approvals = mayRequest ? this.#approve(() => isRunning) : undefined;
    try {
      return await this.#alice.run(line);
    } finally {
      isRunning = false;
      await approvals;
    }
  }

  async #approve(goesOn: () => boolean): Promise<void> {
    const { io, messages } = this.#ctx;
    while (goesOn()) {
      const { stdout } = await this.#bob.quietly(['cluster-access', 'list', '--open', '-o', 'name']);
      for (const key of stdout.split('\n').filter(line => /^\d+$/.test(line))) {
        await io.sleep(BOB_WAITS_MS, io.signal);
        const { code } = await this.#bob.quietly(['cluster-access', 'approve', key, '--yes']);
        if (code !== 0) continue;
        // Removes the progress line of alice's command.
        if (io.isTTY.stderr) io.stderr.write('\r\x1b[K');
        messages.say(`bob: zkubectl cluster-access approve ${key}`);
      }
      await io.sleep(POLL_MS, io.signal);
    }
  }

  /** Waits until alice may no longer write. */
  async #accessEnds(): Promise<void> {
    const { io, messages } = this.#ctx;
    const { stdout } = await this.#alice.quietly(['current', '-o', 'json']);
    const until = Date.parse(/"accessExpiresAt": *"([^"]+)"/.exec(stdout)?.[1] ?? '') || io.now().getTime();
    // An error of the second in which the token ends is no answer.
    while (!/^no\b/.test((await this.#alice.quietly(MAY_WRITE)).stdout)) {
      const left = until - io.now().getTime();
      if (left < -LATE_MS) throw new CliError('the access did not end', { code: 'drill_failed' });
      messages.waiting('for the end of the access', Math.max(0, left));
      await io.sleep(POLL_MS, io.signal);
    }
    messages.endProgress();
  }

  async #scene(): Promise<Scene> {
    const { stdout } = await this.#alice.quietly([
      'get',
      'pods',
      '-n',
      'shop',
      '-l',
      'application=checkout',
      '-o',
      'name',
    ]);
    return { pod: stdout.split('\n')[0]?.replace('pod/', '') || undefined };
  }
}

const STEP_VIEW: View<DoneStep> = {
  kind: 'DrillStep',
  name: step => step.name,
  columns: [
    { title: 'Step', value: step => `${step.number} ${step.name}` },
    { title: 'Seconds', value: step => step.seconds.toFixed(1) },
    { title: 'Command', value: step => `zkubectl ${step.command}`, dropFirst: 1 },
  ],
  toJson: ({ number, name, command, seconds }) => ({ number, name, command, seconds }),
  empty: 'no steps',
};
