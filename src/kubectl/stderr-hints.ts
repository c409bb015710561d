/** What to do next after some of kubectl's errors. kubectl's stderr itself is passed on unchanged. */
import { clusterNameOf, type KubeconfigView } from '../kubeconfig/view.ts';
import { type HintWorld, hintAfterForbidden } from './access-hint.ts';
import { parseKubectlLine, targetOverrides, valueOfFlag } from './line.ts';

/** kubectl could not reach or verify the API server. */
const UNREACHABLE = /connection (to the server .*was )?refused|no such host|x509: |i\/o timeout|TLS handshake timeout/;
/** The API server itself was reached: it could not reach a webhook or an aggregated API. */
const BEHIND_THE_SERVER = /webhook|Error from server|ServiceUnavailable/;

export type StderrHintWorld = HintWorld & {
  kubeconfigAt(file: string | undefined): { load(): Promise<KubeconfigView> };
};

/** @param args kubectl's arguments, as the user typed them */
export function hintAfterLine(ctx: StderrHintWorld, args: readonly string[], stderr: string): Promise<void> {
  const clusterName = async () => {
    const line = parseKubectlLine(args);
    if (targetOverrides(line).length > 0) return undefined;
    const view = await ctx.kubeconfigAt(valueOfFlag(line, '--kubeconfig')).load();
    return clusterNameOf(view, valueOfFlag(line, '--context') || view.currentContext);
  };
  return hintAfter(ctx, clusterName, stderr);
}

/** Shows at most one kind of hint after a finished kubectl. */
export async function hintAfter(
  ctx: HintWorld,
  clusterName: () => Promise<string | undefined>,
  stderr: string,
): Promise<void> {
  if (UNREACHABLE.test(stderr) && !BEHIND_THE_SERVER.test(stderr))
    return ctx.messages.hint('find out what is down: zkubectl doctor');
  return hintAfterForbidden(ctx, clusterName, stderr);
}
