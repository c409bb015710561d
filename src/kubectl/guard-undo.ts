/** The guard of `rollout undo`: shows the images that come back. */
import { confirmLook, type Guard, placeOf } from './confirm.ts';
import { pinInputs, refuseUnseen } from './inputs.ts';
import { argsOf, kubectlArgs, valueOfFlag, withoutFlags } from './line.ts';

export const guardUndo: Guard = async (world, line, target) => {
  refuseUnseen(world, line);
  const there = await pinInputs(world, line, target.folder);
  const flags = [...withoutFlags(there.flags, '--dry-run'), { name: '--dry-run', value: 'client' }];
  const ended = await confirmLook(world, target, 'run kubectl rollout undo', async () => {
    // A client-side dry run prints the pod template that would come back.
    const result = await world.capture(kubectlArgs('rollout undo', flags, there.words));
    if (result.code !== 0) return world.failed(target, result);
    const images = [...result.stdout.matchAll(/^\s*Image:\s*(\S+)/gm)].map(([, image = '']) => `  ${image}`);
    const revision = valueOfFlag(line, '--to-revision');
    const to = revision === undefined || revision === '0' ? 'the revision before' : `revision ${revision}`;
    const what = line.words.join(' ') || 'the objects of the files';
    return { lines: [`on ${placeOf(target)}, ${what} goes back to ${to}:`, ...images], whole: result.stdout };
  });
  return ended ?? world.run(argsOf(there));
};
