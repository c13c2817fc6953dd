/** Where a server for tests can come from, best first. */
export type Source =
  | { from: 'url'; url: string }
  | { from: 'container' }
  | { from: 'path'; program: string }
  | { from: 'package' }
  | { from: 'bundled' }
  | { from: 'nowhere'; say: string };

type Known = {
  /** PostgreSQL, NATS, … */
  title: string;
  /** The variable that names a server which runs already, and its value. */
  variable: string;
  given: string | undefined;
  /** True when the engine was seen to start images. */
  docker: boolean;
  /** A program of this machine. */
  onPath: string | null;
  /** The distribution's package, when this machine can unpack one. */
  canUnpack: boolean;
  /** True for what npm has brought along. */
  bundled: boolean;
  /** What to install, as a package or formula is called. */
  install: string;
};

/**
 * Decides where a server comes from: the one that was named; a container; a program of this machine; what npm brought
 * along; the distribution's package; else a sentence that says what to do. Never silently none.
 */
export function chooseServer(known: Known): Source {
  if (known.given !== undefined && known.given !== '') return { from: 'url', url: known.given };
  if (known.docker) return { from: 'container' };
  if (known.onPath !== null) return { from: 'path', program: known.onPath };
  if (known.bundled) return { from: 'bundled' };
  if (known.canUnpack) return { from: 'package' };
  return {
    from: 'nowhere',
    say:
      `These tests need ${known.title}. Start Docker, or install ${known.install} ` +
      `(apt install ${known.install}, brew install ${known.install}), or set ${known.variable} to one that runs.`,
  };
}
