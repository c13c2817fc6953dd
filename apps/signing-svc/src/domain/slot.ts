/**
 * The id that a deal's next or present envelope has, fixed before the deal's owner is asked; `replaces` is the one before it.
 * `endings` counts how often the deal has ended: the owner's word from before an ending does not hold after it.
 */
export type Slot = { readonly envelopeId: string; readonly replaces: string | null; readonly endings: number };

/** The right to talk to the provider about one envelope. `holder` is a UUID of whoever has it. */
export type Lease = { readonly tenantId: string; readonly envelopeId: string; readonly holder: string };

/** Where an envelope is, when it is not known yet whose it is. */
export type Whereabouts = { readonly tenantId: string; readonly envelopeId: string };
