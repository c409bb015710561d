/** The story of the drill: an incident, from the first look to the time line. */

/** What the steps are about. */
export interface Scene {
  /** A pod of the checkout, which may be deleted. Undefined: there is none right now. */
  readonly pod: string | undefined;
}

/** How the effect of a step is seen, by a command of alice's. */
export interface Proof {
  readonly line: readonly string[];
  readonly exitCode: number;
  /** What the command says. */
  readonly says?: RegExp;
}

export interface Step {
  readonly name: string;
  readonly text: string;
  readonly line: (scene: Scene) => readonly string[];
  /** Does the command ask? Then it gets --yes when nobody is there to answer. */
  readonly asks?: boolean;
  readonly exitCode: number;
  /** What the command must be. Undefined: it must have the same first word. */
  readonly matches?: RegExp;
  /** Undefined: the command and its exit code are enough. */
  readonly proof?: Proof;
  /** The step begins when the access has ended. */
  readonly isAfterAccess?: boolean;
}

const CLUSTER = 'foobarlab';
const INCIDENT = 'INC-1234';
const THERE = ['-n', 'shop', '--context', CLUSTER];
const GET_CHECKOUT = ['get', 'deployment', 'checkout', ...THERE];
const POD = /^delete\s.*\bpo(d|ds)?\b/;
const deletePod = ({ pod = 'checkout' }: Scene) => ['delete', 'pod', pod, '-n', 'shop', '--wait=false'];

export const MAY_WRITE: readonly string[] = ['auth', 'can-i', 'delete', 'pods', ...THERE];

export const STEPS: readonly Step[] = [
  {
    name: 'log in',
    text: 'Log in to a cluster. The browser signs in as alice by itself.',
    line: () => ['login', CLUSTER],
    exitCode: 0,
    proof: { line: ['token', '--cluster', CLUSTER], exitCode: 0 },
  },
  { name: 'look around', text: 'Which clusters are there?', line: () => ['list'], exitCode: 0 },
  {
    name: 'switch',
    text: 'The checkout is down. Switch to its production cluster. Every other command is for kubectl.',
    line: () => ['use', CLUSTER, '-n', 'shop'],
    exitCode: 0,
    proof: { line: ['current'], exitCode: 0, says: /^foobarlab shop / },
  },
  { name: 'look at pods', text: 'What runs there?', line: () => ['get', 'pods'], exitCode: 0 },
  {
    name: 'forbidden',
    text: 'Production is read-only: try to delete a pod. (kubectl says Forbidden, and zkubectl says what to do.)',
    line: deletePod,
    asks: true,
    exitCode: 1,
    matches: POD,
    proof: { line: MAY_WRITE, exitCode: 1, says: /^no\b/ },
  },
  {
    name: 'request',
    text: 'Request emergency access. Your colleague bob approves it after a moment.',
    line: () => ['emergency', '-i', INCIDENT, 'checkout', 'is', 'down'],
    exitCode: 0,
    matches: /^(em|cluster-access request)/,
    proof: { line: MAY_WRITE, exitCode: 0, says: /^yes\b/ },
  },
  { name: 'how long', text: 'How long does the access last?', line: () => ['current'], exitCode: 0 },
  {
    name: 'delete a pod',
    text: 'The same command works now.',
    line: deletePod,
    asks: true,
    exitCode: 0,
    matches: POD,
  },
  {
    name: 'delete',
    text: 'A mistake at night: delete the deployment. zkubectl shows what goes, and asks.',
    line: () => ['delete', 'deployment', 'checkout'],
    asks: true,
    exitCode: 0,
    matches: /^delete\b/,
    proof: { line: GET_CHECKOUT, exitCode: 1, says: /NotFound/ },
  },
  {
    name: 'undo',
    text: 'Take it back.',
    line: () => ['undo'],
    asks: true,
    exitCode: 0,
    proof: { line: GET_CHECKOUT, exitCode: 0 },
  },
  {
    name: 'end of access',
    text: 'The access has ended by itself: the same command is refused again.',
    line: deletePod,
    asks: true,
    exitCode: 1,
    matches: POD,
    isAfterAccess: true,
  },
  {
    name: 'time line',
    text: 'What was done when, by whom? With -o markdown, it can be pasted into a ticket.',
    line: () => ['incident', INCIDENT],
    exitCode: 0,
  },
];
