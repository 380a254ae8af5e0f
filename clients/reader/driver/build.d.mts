/** Where the compiled driver stands, or will stand. */
export declare const driverPath: string;

/** Compiles the virtual reader's driver unless it is up to date; a missing tool is answered by one readable line. */
export declare function buildDriver(): { driver: string } | { missing: string };
