/** `sandbox`: its commands. */
import type { Command } from 'commander';
import { addGroup } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { registerSandboxDown } from './down.ts';
import { registerSandboxEnv } from './env.ts';
import { registerSandboxSignIn } from './sign-in.ts';
import { registerSandboxStatus } from './status.ts';
import { registerSandboxUp } from './up.ts';

export function registerSandbox(parent: Command, ctx: Context): void {
  const group = addGroup(
    parent,
    'sandbox',
    'a company to rehearse in, on this machine',
    'An issuer, a registry, an access service and clusters on loopback: to try zkubectl and to rehearse emergencies.',
  );
  registerSandboxUp(group, ctx);
  registerSandboxEnv(group, ctx);
  registerSandboxStatus(group, ctx);
  registerSandboxDown(group, ctx);
  registerSandboxSignIn(group, ctx);
}
