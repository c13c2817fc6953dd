/** Under construction: the signatures stand. A one-page statement-like PDF that needs a password. */
export declare function encryptedPdf(): Promise<Buffer>;
/** A good statement cut in half. */
export declare function truncatedPdf(): Promise<Buffer>;
/** An invoice: a good PDF that is no statement. */
export declare function invoicePdf(): Promise<Buffer>;
/** A PNG image, to be named .pdf. */
export declare function pngNamedPdf(): Buffer;
/** A good PDF of exactly `bytes` bytes. */
export declare function oversizedPdf(bytes: number): Promise<Buffer>;
