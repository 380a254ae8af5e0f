/** SHA-256 over this build, in hexadecimal; the build writes it into the bundle. */
declare const BUILD: string;
