/** How long a file that was handed to the browser stays in memory (ms): saving begins at once. */
const KEPT_MS = 60_000;

/** Hands an answer to the browser as a file, under the name the gateway gave it. */
export async function saveAs(answer: Response, otherwise: string): Promise<void> {
  save(await answer.blob(), nameIn(answer) ?? otherwise);
}

export function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

/** A name of letters, digits, dots and hyphens; what else a server says is not taken for one. */
export const nameIn = (answer: Response): string | undefined =>
  /filename="([A-Za-z0-9][A-Za-z0-9.-]{0,99})"/u.exec(answer.headers.get('content-disposition') ?? '')?.[1];
