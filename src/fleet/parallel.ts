/** How many clusters of a run are worked on at a time. Rule: the process stays below its limit of open files. */
const MIN_PROCESSES = 8;
const PER_CORE = 2;
const WITHOUT_KUBECTL = 64;

/** What zkubectl itself has open: its own files, the registry, the login service. */
const RESERVED_FILES = 40;
/** The pipes of a child process, and what opens while it starts. */
const FILES_PER_PROCESS = 5;

export interface Parallel {
  readonly count: number;
  /** Why it is fewer than wanted. */
  readonly note: string | undefined;
}

export function parallelOf(
  { cores, maxOpenFiles }: { readonly cores: number; readonly maxOpenFiles: number },
  {
    wish,
    isWithoutKubectl,
    clusters,
  }: { readonly wish: number | undefined; readonly isWithoutKubectl: boolean; readonly clusters: number },
): Parallel {
  const best = isWithoutKubectl ? WITHOUT_KUBECTL : Math.max(MIN_PROCESSES, PER_CORE * cores);
  const wanted = Math.min(wish ?? best, clusters);
  const files = isWithoutKubectl ? 1 : FILES_PER_PROCESS;
  const count = Math.max(1, Math.min(wanted, Math.floor((maxOpenFiles - RESERVED_FILES) / files)));
  const at = count === 1 ? '1 cluster runs' : `${count} clusters run`;
  return {
    count,
    note: count < wanted ? `${at} at a time: only ${maxOpenFiles} files can be open (ulimit -n)` : undefined,
  };
}
