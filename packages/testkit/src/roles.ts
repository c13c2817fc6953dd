/** Whom the databases of a run are made for. */
export function rolesOf(prefix: string): { runtime: string; worker: string } {
  return { runtime: `${prefix}_runtime`, worker: `${prefix}_worker` };
}
