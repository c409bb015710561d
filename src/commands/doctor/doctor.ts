/** `doctor`: checks what works and how to fix the rest. Checks run in parallel; no change, no login, no secrets in the output. */

import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { ExitCode } from '../../errors.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import type { Style } from '../../output/style.ts';
import { styleFor } from '../../output/style.ts';
import { type OutputFormat, printList } from '../../output/view.ts';
import type { Io } from '../../platform/io.ts';
import { type Check, type CheckReport, runChecks, type Status } from './check.ts';
import { configCheck, localChecks } from './local.ts';
import { networkChecks } from './network.ts';
import { Probes } from './probes.ts';

const FORMATS: readonly OutputFormat[] = ['table', 'json', 'yaml', 'name', 'tsv'];
const DEADLINE_MS = 10_000;

export interface DoctorOptions {
  readonly cluster: string | undefined;
}

export const doctorCommand: CommandDefinition<DoctorOptions> = {
  texts: {
    summary: 'check what works, and say how to fix the rest',
    description:
      'Checks the configuration, DNS, TLS, the login service, the registry, the access API, the API server, kubectl, the kubeconfig and the clock, all in parallel, and says how to fix each problem. It changes nothing, starts no login, and shows no secrets. Exit code 0: everything that is needed works.',
    examples: ['zkubectl doctor', 'zkubectl doctor --cluster foobarlab -o json'],
  },
  formats: FORMATS,
  declare: command => {
    command.option(...CLUSTER_FLAG);
  },
  options: (_, flags: { cluster?: string }) => ({ cluster: flags.cluster }),
  login: () => ({ mayLogin: false }),
  brokenConfig: 'quiet',
  run: runDoctor,
};

export async function runDoctor(ctx: Context, options: DoctorOptions): Promise<number> {
  const format = formatOf(ctx);
  const probes = new Probes(ctx, options.cluster);
  // An unknown --cluster is an error of the command line, not a finding.
  if (options.cluster !== undefined) await probes.cluster();
  const config = configCheck(probes);
  const isUsable = await ctx.config().then(
    () => true,
    () => false,
  );
  const checks: Check[] = [config, ...(isUsable ? networkChecks(probes) : []), ...localChecks(probes)];
  const reports = usableRemedies(await runChecks(ctx.io, checks, DEADLINE_MS), ctx.io.env);
  await print(ctx, reports, format);
  return reports.some(report => report.status === 'failed') ? ExitCode.failed : ExitCode.ok;
}

/** A remedy names no command that fails for the same reason: a login needs the issuer, and changes nothing when the token is the environment's. */
function usableRemedies(reports: readonly CheckReport[], env: Io['env']): CheckReport[] {
  const isLogin = (remedy: string | undefined) => remedy !== undefined && /zkubectl login\b/.test(remedy);
  const variable = ['ZKUBECTL_TOKEN', 'ZKUBECTL_TOKEN_FILE'].find(name => env[name]);
  const issuerFails = reports.some(({ name, status }) => name === 'issuer' && status === 'failed');
  return reports.map(report => {
    if (!isLogin(report.remedy)) return report;
    if (variable !== undefined)
      return { ...report, remedy: `the token comes from ${variable}: replace it, or unset the variable` };
    return issuerFails ? { ...report, remedy: `first mend the issuer; then: ${report.remedy}` } : report;
  });
}

async function print(ctx: Context, reports: readonly CheckReport[], format: OutputFormat): Promise<void> {
  if (format === 'table') {
    ctx.io.stdout.write(reportText(reports, await styleFor(ctx.io, 'stdout', ctx.globals.color)));
    return;
  }
  await printList(
    ctx.io,
    {
      kind: 'Check',
      name: report => report.name,
      empty: '',
      columns: [
        { title: 'Check', value: r => r.name },
        { title: 'Status', value: r => r.status },
        { title: 'Milliseconds', value: r => String(r.milliseconds) },
        { title: 'Found', value: r => r.found },
        { title: 'Remedy', value: r => r.remedy ?? '' },
      ],
      toJson: ({ name, status, found, remedy, milliseconds }) => ({
        name,
        status,
        found,
        remedy: remedy ?? null,
        milliseconds,
      }),
    },
    reports,
    { format, color: ctx.globals.color, extra: { ok: reports.every(report => report.status !== 'failed') } },
  );
}

const MARKS: Readonly<Record<Status, string>> = { ok: 'ok', warning: 'warn', failed: 'FAIL', skipped: '-' };

function reportText(reports: readonly CheckReport[], style: Style): string {
  const paint: Readonly<Record<Status, (text: string) => string>> = {
    ok: style.green,
    warning: style.yellow,
    failed: style.red,
    skipped: style.dim,
  };
  const width = Math.max(...reports.map(report => report.name.length));
  const lines = reports.flatMap(({ name, status, found, remedy, milliseconds }) => {
    const mark = `${paint[status](MARKS[status])}${' '.repeat(5 - MARKS[status].length)}`;
    const time = status === 'skipped' ? '' : ` ${style.dim(`(${milliseconds} ms)`)}`;
    return [
      `${mark}${name.padEnd(width)}  ${escapeForTerminal(found)}${time}`,
      ...(remedy === undefined ? [] : [`     ${' '.repeat(width)}  → ${escapeForTerminal(remedy)}`]),
    ];
  });
  return `${lines.join('\n')}\n`;
}
