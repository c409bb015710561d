/** The command words of zkubectl, for routing without loading the command tree. A test holds them against the tree. */
import { PLUGINS } from '../plugins/index.ts';

/** Commands, each with its subcommands. */
export const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  configure: [],
  login: [],
  logout: [],
  whoami: [],
  token: [],
  credentials: [],
  list: [],
  'list-clusters': [],
  show: [],
  use: [],
  ns: [],
  current: [],
  env: [],
  on: [],
  'cluster-access': ['request', 'list', 'approve'],
  emergency: [],
  'cluster-update': ['status', 'block', 'unblock'],
  sandbox: ['up', 'env', 'status', 'down', 'sign-in'],
  plugin: ['list'],
  completion: [],
  doctor: [],
  ...Object.fromEntries(Object.keys(PLUGINS).map(name => [name, []])),
};
