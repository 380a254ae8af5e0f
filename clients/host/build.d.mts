/** What one bundle of pages is built from. Paths are relative to `room`, and to the root of the host that serves it. */
export interface PageBundle {
  readonly name: string;
  /** Folder of the sources, from the project's root. */
  readonly room: string;
  /** Served name => TypeScript entry. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Served name => CSS entry. */
  readonly styles: Readonly<Record<string, string>>;
  /** Files served as they stand; `index.html` is the page. */
  readonly files: readonly string[];
  /** Name of the one file that script and style are put into, for a page that is opened from a disk. */
  readonly single?: string;
}

/** What was built: written beside the files as `manifest.json`. */
export interface Manifest {
  /** SHA-256 over every file with the build's own place left blank, in hexadecimal: what the page sends and shows. */
  readonly build: string;
  readonly files: readonly {
    readonly name: string;
    /** SHA-256 in base64. */
    readonly sha256: string;
    readonly bytes: number;
    readonly brotli: number;
    /** Not part of what the page needs to start. */
    readonly later?: true;
  }[];
}

/** Where the bundle of this name stands, or will stand. */
export declare function bundleFolder(name: string): string;

/** Builds every bundle whose sources changed. Resolves with the names of those; throws Error with what does not build. */
export declare function buildPages(bundles?: readonly PageBundle[]): Promise<string[]>;
