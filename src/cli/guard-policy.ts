/** When the guard asks: `guard.environments`, `guard.ask`. */
import type { Config } from '../config/config.ts';
import { GUARD_ASKS } from '../config/keys.ts';

export interface GuardPolicy {
  /** off: never; effect: before a command that destroys something; always: before every write. */
  readonly ask: (typeof GUARD_ASKS)[number];
  /** Undefined: production, by its usual names. */
  readonly environments: readonly string[] | undefined;
}

export function guardPolicy(config: Config): GuardPolicy {
  const environments = config.words('guard.environments');
  return {
    ask: GUARD_ASKS.find(ask => ask === config.text('guard.ask')) ?? 'effect',
    environments: environments.length === 0 ? undefined : environments,
  };
}
