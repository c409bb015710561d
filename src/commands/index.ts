/** The table of all commands: how to load each, its help group, subcommands and aliases. Every start reads this file, so it loads nothing else. */
import type { CommandDefinition } from '../cli/definition.ts';

type Load = () => Promise<CommandDefinition>;

type HelpGroup = 'Log in and switch:' | 'Clusters:' | 'Production access:' | 'Around kubectl:' | 'This program:';

export interface CommandEntry {
  /** The title under which the help lists it. */
  readonly group: HelpGroup;
  /** Other names. */
  readonly aliases?: readonly string[];
  readonly load: Load;
  /** Subcommands beside the command itself: `token list` beside `token`. They cannot be abbreviated. */
  readonly subcommands?: Readonly<Record<string, Load>>;
  /** A shell evaluates the output. */
  readonly isEvaluated?: true;
  /** The command takes kubectl's own flags: it gets its arguments as typed. */
  readonly takesKubectlFlags?: true;
}

export interface CommandGroup {
  readonly group: HelpGroup;
  readonly summary: string;
  readonly description: string;
  readonly subcommands: Readonly<Record<string, Load>>;
  /** Subcommands whose output a shell evaluates. */
  readonly evaluated?: readonly string[];
}

export const COMMANDS: Readonly<Record<string, CommandEntry | CommandGroup>> = {
  login: { group: 'Log in and switch:', load: async () => (await import('./login/login.ts')).loginCommand },
  use: { group: 'Log in and switch:', load: async () => (await import('./use.ts')).useCommand },
  current: { group: 'Log in and switch:', load: async () => (await import('./current.ts')).currentCommand },
  ns: { group: 'Log in and switch:', load: async () => (await import('./ns.ts')).nsCommand },
  env: {
    group: 'Log in and switch:',
    load: async () => (await import('./env/env.ts')).envCommand,
    isEvaluated: true,
  },
  on: { group: 'Log in and switch:', load: async () => (await import('./on/on.ts')).onCommand },
  whoami: { group: 'Log in and switch:', load: async () => (await import('./whoami.ts')).whoamiCommand },
  token: {
    group: 'Log in and switch:',
    load: async () => (await import('./token/token.ts')).tokenCommand,
    subcommands: {
      list: async () => (await import('./token/list.ts')).tokenListCommand,
      delete: async () => (await import('./token/delete.ts')).tokenDeleteCommand,
    },
  },
  logout: { group: 'Log in and switch:', load: async () => (await import('./logout.ts')).logoutCommand },
  credentials: { group: 'Log in and switch:', load: async () => (await import('./credentials.ts')).credentialsCommand },

  list: {
    group: 'Clusters:',
    aliases: ['list-clusters'],
    load: async () => (await import('./list/list.ts')).listCommand,
  },
  show: { group: 'Clusters:', load: async () => (await import('./show.ts')).showCommand },
  'cluster-update': {
    group: 'Clusters:',
    summary: 'show, explain, block and unblock updates of a cluster',
    description: "Shows a cluster's update status, explains what holds an update up, and blocks or unblocks updates.",
    subcommands: {
      status: async () => (await import('./cluster-update/status.ts')).updateStatusCommand,
      explain: async () => (await import('./cluster-update/explain.ts')).explainCommand,
      block: async () => (await import('./cluster-update/block.ts')).blockCommand,
      unblock: async () => (await import('./cluster-update/unblock.ts')).unblockCommand,
    },
  },

  emergency: {
    group: 'Production access:',
    load: async () => (await import('./emergency.ts')).emergencyCommand,
  },
  'cluster-access': {
    group: 'Production access:',
    summary: 'request, list and approve production access',
    description: 'Temporary write access to a production cluster, which a colleague approves.',
    subcommands: {
      request: async () => (await import('./cluster-access/request.ts')).requestCommand,
      list: async () => (await import('./cluster-access/list.ts')).accessListCommand,
      approve: async () => (await import('./cluster-access/approve.ts')).approveCommand,
    },
  },

  journal: { group: 'Production access:', load: async () => (await import('./journal/journal.ts')).journalCommand },
  undo: { group: 'Production access:', load: async () => (await import('./undo/undo.ts')).undoCommand },
  incident: {
    group: 'Production access:',
    load: async () => (await import('./journal/incident.ts')).incidentCommand,
  },

  logtail: { group: 'Around kubectl:', load: async () => (await import('./logtail/logtail.ts')).logtailCommand },
  tunnel: { group: 'Around kubectl:', load: async () => (await import('./tunnel/tunnel.ts')).tunnelCommand },
  edit: {
    group: 'Around kubectl:',
    load: async () => (await import('./edit/edit.ts')).editCommand,
    takesKubectlFlags: true,
  },
  diffedit: { group: 'Around kubectl:', load: async () => (await import('./edit/diffedit.ts')).diffeditCommand },
  delete: {
    group: 'Around kubectl:',
    load: async () => (await import('./delete.ts')).deleteCommand,
    takesKubectlFlags: true,
  },
  dashboard: { group: 'Around kubectl:', load: async () => (await import('./dashboard.ts')).dashboardCommand },
  traffic: { group: 'Around kubectl:', load: async () => (await import('./traffic/traffic.ts')).trafficCommand },
  'restart-pods': {
    group: 'Around kubectl:',
    load: async () => (await import('./restart-pods.ts')).restartPodsCommand,
  },
  generate: { group: 'Around kubectl:', load: async () => (await import('./generate/generate.ts')).generateCommand },
  init: { group: 'Around kubectl:', load: async () => (await import('./generate/init.ts')).initCommand },
  encrypt: { group: 'Around kubectl:', load: async () => (await import('./encrypt/encrypt.ts')).encryptCommand },
  decrypt: { group: 'Around kubectl:', load: async () => (await import('./encrypt/decrypt.ts')).decryptCommand },

  aws: {
    group: 'Around kubectl:',
    summary: 'credentials for AWS accounts',
    description:
      'Gets temporary credentials for AWS accounts with the login of zkubectl, and writes profiles for the AWS CLI.',
    subcommands: {
      login: async () => (await import('./aws/login.ts')).awsLoginCommand,
      credentials: async () => (await import('./aws/credentials.ts')).awsCredentialsCommand,
      roles: async () => (await import('./aws/roles.ts')).awsRolesCommand,
      list: async () => (await import('./aws/roles.ts')).awsRolesCommand,
      alias: async () => (await import('./aws/alias.ts')).awsAliasCommand,
      'set-default': async () => (await import('./aws/set-default.ts')).awsSetDefaultCommand,
      require: async () => (await import('./aws/require.ts')).awsRequireCommand,
    },
  },

  docker: {
    group: 'Around kubectl:',
    summary: "use zkubectl's login in docker",
    description: "Makes docker use zkubectl's login for the image registries of docker.registries.",
    subcommands: {
      configure: async () => (await import('./docker/configure.ts')).dockerConfigureCommand,
      credentials: async () => (await import('./docker/credentials.ts')).dockerCredentialsCommand,
    },
  },

  plugin: {
    group: 'This program:',
    summary: 'list plugins',
    description: 'Plugins: the built-in commands that wrap kubectl, and the executables on PATH.',
    subcommands: {
      list: async () =>
        (await import('./plugin/list.ts')).pluginListCommand({ words: commandWords(), aroundKubectl: aroundKubectl() }),
    },
  },
  about: { group: 'This program:', load: async () => (await import('./about.ts')).aboutCommand },
  completion: { group: 'This program:', load: async () => (await import('./completion.ts')).completionCommand },
  doctor: { group: 'This program:', load: async () => (await import('./doctor/doctor.ts')).doctorCommand },
  options: { group: 'This program:', load: async () => (await import('./options.ts')).optionsCommand },
  configure: { group: 'This program:', load: async () => (await import('./configure/configure.ts')).configureCommand },
  sandbox: {
    group: 'This program:',
    summary: 'practise in a simulated company on this machine',
    description:
      'Runs an issuer, a registry, an access service and clusters on loopback, to try zkubectl and to practise emergencies.',
    subcommands: {
      up: async () => (await import('./sandbox/up.ts')).sandboxUpCommand,
      env: async () => (await import('./sandbox/env.ts')).sandboxEnvCommand,
      drill: async () => (await import('./sandbox/drill.ts')).sandboxDrillCommand,
      status: async () => (await import('./sandbox/status.ts')).sandboxStatusCommand,
      down: async () => (await import('./sandbox/down.ts')).sandboxDownCommand,
      'sign-in': async () => (await import('./sandbox/sign-in.ts')).sandboxSignInCommand,
    },
    evaluated: ['env'],
  },
};

/** The command with this name or alias. */
export function commandNamed(word: string): string | undefined {
  if (Object.hasOwn(COMMANDS, word)) return word;
  return Object.keys(COMMANDS).find(name => {
    const entry = COMMANDS[name];
    return entry !== undefined && 'load' in entry && entry.aliases?.includes(word);
  });
}

/** Loads a command. Throws when no command has this name. */
export function loadCommand(name: string): Promise<CommandDefinition> {
  const entry = COMMANDS[name];
  if (entry === undefined || !('load' in entry)) throw new Error(`there is no command ${name}`);
  return entry.load();
}

/** Every word that names a command. */
export function commandWords(): string[] {
  return Object.entries(COMMANDS).flatMap(([name, entry]) => [name, ...('load' in entry ? (entry.aliases ?? []) : [])]);
}

/** The commands that wrap kubectl. */
function aroundKubectl(): string[] {
  return Object.keys(COMMANDS).filter(name => COMMANDS[name]?.group === 'Around kubectl:');
}

/** The subcommands of a command; empty for a command without subcommands. */
export function subcommandsOf(name: string): readonly string[] {
  return Object.keys(COMMANDS[name]?.subcommands ?? {});
}

/** Does the command do something without a subcommand? */
export function standsAlone(name: string): boolean {
  const entry = COMMANDS[name];
  return entry !== undefined && 'load' in entry;
}

/** Does a shell evaluate the output of this command line? @param argv with full names of commands */
export function isEvaluated(name: string, argv: readonly string[]): boolean {
  const entry = COMMANDS[name];
  if (entry === undefined) return false;
  return 'load' in entry ? entry.isEvaluated === true : argv.some(word => entry.evaluated?.includes(word));
}
